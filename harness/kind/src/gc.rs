//! Removing what is left behind: only what carries our labels, and of that only what nobody needs
//! any more or what was asked for by name.

use std::time::Duration;

use futures::future::try_join_all;
use jiff::Timestamp;

use crate::{
    Result,
    docker::{Docker, Found},
    golden,
    kept::Kept,
    label::{Labels, Owner, RUN},
    lease::{Claim, Process},
};

/// What is to be removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// Everything of one run.
    Run(String),
    /// Everything whose owner is gone or whose lease is over at this time.
    Unneeded {
        /// The time.
        now: Timestamp,
    },
}

/// What was removed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Removed {
    /// The containers, by name.
    pub containers: Vec<String>,
    /// The networks, by name.
    pub networks: Vec<String>,
    /// The volumes that stood by themselves, by name.
    pub volumes: Vec<String>,
}

/// How long a request that was cut short may go on in the daemon after its client is gone.
const SETTLING: Duration = Duration::from_secs(2);

impl Which {
    fn takes(&self, labels: &Labels, kept: &Kept, here: &Process) -> bool {
        let now = match self {
            Self::Run(run) => return labels.get(RUN) == Some(run),
            Self::Unneeded { now } => *now,
        };
        match labels.get(RUN).and_then(|run| kept.until(run)) {
            Some(until) => now >= until,
            // What carries our label without being readable was made by another version: left alone.
            None => {
                Owner::of(labels).is_some_and(|owner| owner.lease.claim(now, here) != Claim::Held)
            }
        }
    }
}

impl Removed {
    /// Whether there was nothing to remove.
    pub fn is_empty(&self) -> bool {
        self.names().next().is_none()
    }

    /// The names of all of it, in the order in which it was removed.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let all = [&self.containers, &self.networks, &self.volumes];
        all.into_iter().flatten().map(String::as_str)
    }

    fn and(mut self, other: Self) -> Self {
        self.containers.extend(other.containers);
        self.networks.extend(other.networks);
        self.volumes.extend(other.volumes);
        self
    }
}

/// Removes containers with their volumes first, then the networks they were on.
pub(crate) async fn remove(docker: &Docker, which: &Which) -> Result<Removed> {
    let (ours, here) = ([RUN.to_owned()], Process::this());
    let kept = Kept::look(docker).await?;
    let takes = |labels: &Labels| which.takes(labels, &kept, &here);
    let containers = docker.containers(&ours).await?;
    let containers: Vec<Found> = containers
        .into_iter()
        .filter(|found| takes(&found.labels))
        .collect();
    try_join_all(containers.iter().map(|found| docker.remove(&found.id))).await?;
    let networks = docker.networks(&ours).await?;
    let networks: Vec<_> = networks
        .into_iter()
        .filter(|found| takes(&found.labels))
        .collect();
    try_join_all(
        networks
            .iter()
            .map(|found| docker.remove_network(&found.id)),
    )
    .await?;
    // Last, because until then they say that the rest is no longer needed.
    let mut volumes = Vec::new();
    for volume in docker.volumes(&ours).await? {
        if takes(&volume.labels) {
            docker.remove_volume(&volume.name).await?;
            volumes.push(volume.name);
        }
    }
    if let Which::Unneeded { .. } = which {
        volumes.extend(golden::remove_begun(docker).await?);
    }
    Ok(Removed {
        containers: containers.into_iter().map(|found| found.name).collect(),
        networks: networks.into_iter().map(|found| found.name).collect(),
        volumes,
    })
}

/// Removes what a bring-up that was cut short has left. The daemon may still be at work on a request
/// whose client has gone, so it is looked again until a look finds nothing.
pub(crate) async fn settle(docker: &Docker, which: &Which) -> Result<Removed> {
    let mut removed = remove(docker, which).await?;
    loop {
        tokio::time::sleep(SETTLING).await;
        let more = remove(docker, which).await?;
        if more.is_empty() {
            return Ok(removed);
        }
        removed = removed.and(more);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lease::Lease;

    #[test]
    fn what_is_needed_or_not_ours_is_left_alone() {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let unneeded = Which::Unneeded { now };
        let here = Process::this();
        let labels = |lease| Owner::new("r1", lease, "").labels();
        let dead = Lease {
            process: Process {
                boot: "another".to_owned(),
                ..here.clone()
            },
            until: Timestamp::MAX,
        };
        let none = Kept::default();
        let alive = labels(Lease::of_this_process(now));
        assert!(!unneeded.takes(&alive, &none, &here));
        assert!(!unneeded.takes(&Labels::new(), &none, &here));
        assert!(unneeded.takes(&labels(dead.clone()), &none, &here));
        // Kept sets outlive their process, but not their time.
        let kept = Kept::of("r1", Timestamp::MAX);
        assert!(!unneeded.takes(&labels(dead.clone()), &kept, &here));
        assert!(unneeded.takes(&labels(dead), &Kept::of("r1", now), &here));
    }

    #[test]
    fn a_run_is_taken_by_its_whole_name_only() {
        let (now, here) = (Timestamp::UNIX_EPOCH, Process::this());
        let labels = Owner::new("r1", Lease::of_this_process(now), "").labels();
        assert!(Which::Run("r1".to_owned()).takes(&labels, &Kept::default(), &here));
        assert!(!Which::Run("r".to_owned()).takes(&labels, &Kept::default(), &here));
    }
}
