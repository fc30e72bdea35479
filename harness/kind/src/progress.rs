//! What is going on while clusters come up, for whoever watches, and which chain of steps took the
//! time.

use std::{fmt, sync::Arc, time::Duration};

use tokio::time::Instant;
use world::ClusterName;

/// A part of a bring-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Containers are created and started.
    Containers,
    /// systemd and containerd come up.
    Boot,
    /// Nodes are told their addresses, routes and kubeadm's configuration.
    Configuration,
    /// Images are copied into the nodes, beside everything else.
    Images,
    /// kubeadm brings the control plane up.
    ControlPlane,
    /// The pod network is applied.
    PodNetwork,
    /// Workers join.
    Workers,
    /// Nodes become Ready.
    Ready,
    /// What a trial has added is deleted, before the next one.
    Reset,
}

/// A step of a cluster has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The cluster as the topology calls it.
    pub cluster: ClusterName,
    /// The step.
    pub step: Step,
    /// When it began, from the start of the bring-up.
    pub began: Duration,
    /// How long it took.
    pub took: Duration,
}

/// Whoever is told of events.
pub(crate) type Tell = Arc<dyn Fn(Event) + Send + Sync>;

/// The steps of one cluster.
pub(crate) struct Steps {
    cluster: ClusterName,
    /// The start of the bring-up.
    since: Instant,
    tell: Option<Tell>,
}

impl Steps {
    /// Tells `tell` of the steps of a cluster, counting from `since`.
    pub(crate) fn new(cluster: ClusterName, since: Instant, tell: Option<Tell>) -> Self {
        Self {
            cluster,
            since,
            tell,
        }
    }

    /// Carries a step out and tells how long it took.
    pub(crate) async fn step<T, E>(
        &self,
        step: Step,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let began = self.since.elapsed();
        let done = work.await;
        if let (Ok(_), Some(tell)) = (&done, &self.tell) {
            tell(Event {
                cluster: self.cluster.clone(),
                step,
                began,
                took: self.since.elapsed() - began,
            });
        }
        done
    }
}

impl Step {
    /// What a node is awaited to do in it.
    pub(crate) fn awaited(self) -> &'static str {
        match self {
            Self::Containers => "be created",
            Self::Boot => "boot",
            Self::Configuration => "take its configuration",
            Self::Images => "take the images",
            Self::ControlPlane => "run the control plane",
            Self::PodNetwork => "take the pod network",
            Self::Workers => "take the workers in",
            Self::Ready => "become Ready",
            Self::Reset => "be as it was",
        }
    }
}

/// The steps of the cluster that was up last, in order: making any of them shorter would have made
/// the whole shorter.
pub fn critical_path(events: &[Event]) -> Vec<&Event> {
    let end = |event: &Event| event.began + event.took;
    let Some(last) = events.iter().max_by_key(|event| end(event)) else {
        return Vec::new();
    };
    let of_it = events.iter().filter(|event| event.cluster == last.cluster);
    let mut path: Vec<&Event> = of_it.filter(|event| event.step != Step::Images).collect();
    path.sort_by_key(|event| event.began);
    path
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Containers => "containers",
            Self::Boot => "boot",
            Self::Configuration => "configuration",
            Self::Images => "images",
            Self::ControlPlane => "control plane",
            Self::PodNetwork => "pod network",
            Self::Workers => "workers",
            Self::Ready => "ready",
            Self::Reset => "reset",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(cluster: &str, step: Step, began: u64, took: u64) -> Event {
        Event {
            cluster: cluster.parse().unwrap(),
            step,
            began: Duration::from_secs(began),
            took: Duration::from_secs(took),
        }
    }

    #[test]
    fn the_critical_path_is_that_of_the_cluster_that_was_up_last() {
        let events = [
            event("c1", Step::Boot, 0, 2),
            event("c2", Step::Boot, 0, 3),
            event("c2", Step::Images, 3, 4),
            event("c1", Step::Ready, 2, 5),
            event("c2", Step::Ready, 3, 6),
        ];
        let path: Vec<_> = critical_path(&events).into_iter().cloned().collect();
        assert_eq!(path, [events[1].clone(), events[4].clone()]);
    }

    #[tokio::test]
    async fn only_steps_that_succeed_are_told() {
        let told = Arc::new(std::sync::Mutex::new(Vec::new()));
        let to = Arc::clone(&told);
        let tell: Tell = Arc::new(move |event| to.lock().unwrap().push(event));
        let steps = Steps::new("c1".parse().unwrap(), Instant::now(), Some(tell));
        let done = steps.step(Step::Boot, async { Ok::<_, ()>(()) }).await;
        let failed = steps.step(Step::Ready, async { Err::<(), _>(()) }).await;
        assert_eq!((done, failed), (Ok(()), Err(())));
        assert_eq!(told.lock().unwrap().len(), 1);
    }
}
