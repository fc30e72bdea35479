//! A pod's life on its node: an address, its containers in their order, its end.

use std::{
    net::Ipv4Addr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use apiserver::{Pod, json::Value};
use futures::future::{join_all, select_all};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Container;
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};

use super::{
    Surroundings,
    container::{Life, Restart, State, Told},
    status::{self, Located, Part, Role},
};
use crate::{
    cluster::Key,
    net::Host,
    program::{Declared, Process, Serve},
};

/// How long a pod's sandbox takes: its network namespace and its address.
const SANDBOX: Duration = Duration::from_millis(500);
/// How long a pod may take to end, if it does not say. Source: the API's default.
const GRACE: i64 = 30;

/// A container of the pod, and where its process is while it runs.
struct Running {
    container: Declared,
    role: Role,
    told: watch::Sender<Told>,
    process: Arc<Mutex<Option<Box<dyn Process>>>>,
}

struct Worker {
    around: Surroundings,
    node: String,
    key: Key,
    news: watch::Receiver<Arc<Pod>>,
    since: Timestamp,
    containers: Vec<Running>,
}

/// Runs a pod until it is gone. Dropping the future kills it.
pub(super) async fn run(
    around: Surroundings,
    node: String,
    key: Key,
    news: watch::Receiver<Arc<Pod>>,
) {
    let since = around.clock.now();
    let containers = containers(&news.borrow());
    let worker = Worker {
        containers,
        around,
        node,
        key,
        news,
        since,
    };
    worker.work().await;
}

fn containers(pod: &Pod) -> Vec<Running> {
    let roles = pod.spec.as_ref().map(status::roles).unwrap_or_default();
    let has_init = roles.iter().any(|(_, role)| *role != Role::Main);
    let first = if has_init {
        "PodInitializing"
    } else {
        "ContainerCreating"
    };
    let running = |(container, role)| Running {
        container,
        role,
        told: watch::Sender::new(Told::waiting(first)),
        process: Arc::default(),
    };
    roles.into_iter().map(running).collect()
}

impl Worker {
    async fn work(&self) {
        self.report(None).await;
        let host = tokio::select! {
            biased;
            () = self.until_deleted() => return self.leave().await,
            host = self.sandbox() => host,
        };
        let address = Some(host.address());
        let lives: Vec<Life> = self
            .containers
            .iter()
            .map(|c| self.life(c, &host))
            .collect();
        tokio::select! {
            biased;
            () = self.until_deleted() => {}
            () = self.keep_reporting(address) => unreachable!("it reports for ever"),
            () = self.live(&lives) => {
                // It has come to its end by itself: what is left is to say so.
                self.report(address).await;
                self.until_deleted().await;
            }
        }
        drop(lives);
        tokio::select! {
            biased;
            () = self.stop() => {}
            () = self.keep_reporting(address) => unreachable!("it reports for ever"),
        }
        self.report(address).await;
        drop(host);
        self.leave().await;
    }

    /// An address of the node's range; a pod on the host's network has the node's own, which
    /// stays the node's.
    async fn sandbox(&self) -> Arc<Host<Arc<dyn Serve>>> {
        loop {
            sleep(SANDBOX).await;
            let node = &self.around.nodes[&self.node];
            if is_on_host(&self.news.borrow()) {
                return Arc::clone(node.own());
            }
            match node.attach(&self.around.net) {
                Ok(host) => return Arc::new(host),
                Err(error) => self.around.log.note(&self.key, error),
            }
        }
    }

    fn life(&self, running: &Running, host: &Arc<Host<Arc<dyn Serve>>>) -> Life {
        Life {
            around: self.around.clone(),
            news: self.news.clone(),
            host: Arc::clone(host),
            container: running.container.clone(),
            restart: restart(&self.news.borrow(), running.role),
            told: running.told.clone(),
            process: Arc::clone(&running.process),
        }
    }

    /// The containers in their order: each init container to its end, each sidecar until it has
    /// started, then all others; ends when every container that can has ended.
    async fn live(&self, lives: &[Life]) {
        let mut beside = Vec::new();
        let mut mains = Vec::new();
        for (running, life) in self.containers.iter().zip(lives) {
            match running.role {
                Role::Init => {
                    let code = along(life.live(), &mut beside).await;
                    if code != 0 {
                        return;
                    }
                }
                Role::Sidecar => {
                    beside.push(Box::pin(life.live()));
                    along(started(&running.told), &mut beside).await;
                }
                Role::Main => mains.push(life.live()),
            }
        }
        along(join_all(mains), &mut beside).await;
    }

    /// Asks the applications to end, and then the sidecars in reverse, within the grace period;
    /// what has not ended by then is killed. Source: KEP-753, Kubernetes 1.29 and later.
    async fn stop(&self) {
        let seconds = self.news.borrow().metadata.deletion_grace_period_seconds;
        let grace = Duration::from_secs(seconds.unwrap_or(GRACE).max(0).unsigned_abs());
        let in_order = async {
            let main = self.containers.iter().filter(|c| c.role != Role::Sidecar);
            join_all(main.map(|c| self.end(c))).await;
            for sidecar in self
                .containers
                .iter()
                .rev()
                .filter(|c| c.role == Role::Sidecar)
            {
                self.end(sidecar).await;
            }
        };
        let _ = timeout(grace, in_order).await;
        for running in &self.containers {
            drop(running.take());
            self.tell_ended(running);
        }
    }

    async fn end(&self, running: &Running) {
        let Some(process) = running.take() else {
            return;
        };
        sleep(pre_stop(&running.container)).await;
        process.stop().await;
        self.tell_ended(running);
    }

    fn tell_ended(&self, running: &Running) {
        let at = self.around.clock.now();
        running.told.send_if_modified(|told| match told.state {
            State::Running { since, .. } => {
                told.state = State::Ended { code: 0, since, at };
                true
            }
            State::Waiting { .. } | State::Ended { .. } => false,
        });
    }

    async fn until_deleted(&self) {
        let mut news = self.news.clone();
        let deleted = |pod: &Arc<Pod>| pod.metadata.deletion_timestamp.is_some();
        if news.wait_for(deleted).await.is_err() {
            // The kubelet is gone, and this task is about to be.
            std::future::pending::<()>().await;
        }
    }

    /// Tells every change of a container, and tells anew when somebody else has changed the pod.
    async fn keep_reporting(&self, address: Option<Ipv4Addr>) {
        let mut told: Vec<_> = self.containers.iter().map(|c| c.told.subscribe()).collect();
        let mut news = self.news.clone();
        loop {
            told.iter_mut().for_each(watch::Receiver::mark_unchanged);
            news.mark_unchanged();
            self.report(address).await;
            let changes = told.iter_mut().map(|one| Box::pin(one.changed()));
            tokio::select! {
                biased;
                _ = select_all(changes) => {}
                changed = news.changed() => if changed.is_err() { std::future::pending().await },
            }
        }
    }

    /// Writes the status if it is not what the API server has. A refusal (the pod is gone) is
    /// no error: the worker is about to end.
    async fn report(&self, address: Option<Ipv4Addr>) {
        let node = &self.around.nodes[&self.node];
        self.around.net.until_runs(node.place()).await;
        let pod = Arc::clone(&self.news.borrow());
        let located = Located {
            node: node.address(),
            // The address is told together with the first container that has started, which saves
            // a write for every pod.
            pod: address.filter(|_| self.containers.iter().any(Running::has_started)),
            since: self.since,
        };
        let parts: Vec<_> = self.containers.iter().map(Running::part).collect();
        let status = status::status(&pod, &parts, located, self.around.clock.now());
        if status::is_news(&status, &pod) {
            let api = &self.around.api;
            let written = api.patch_status::<Pod>(&self.key, Value::of(&status)).await;
            if let Err(refusal) = written {
                self.around.log.note(&self.key, refusal.message);
            }
        }
    }

    async fn leave(&self) {
        let gone = self.around.api.delete_now::<Pod>(&self.key).await;
        if let Err(refusal) = gone {
            self.around.log.note(&self.key, refusal.message);
        }
    }
}

impl Running {
    fn take(&self) -> Option<Box<dyn Process>> {
        self.process
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }

    fn has_started(&self) -> bool {
        let told = self.told.borrow();
        told.last.is_some() || !matches!(told.state, State::Waiting { .. })
    }

    fn part(&self) -> Part<'_> {
        Part {
            container: &self.container,
            role: self.role,
            told: self.told.borrow().clone(),
        }
    }
}

/// Waits for `work` while those `beside` it run too.
async fn along<T>(
    work: impl Future<Output = T>,
    beside: &mut [impl Future<Output = i32> + Unpin],
) -> T {
    let mut work = std::pin::pin!(work);
    std::future::poll_fn(|context| {
        for one in beside.iter_mut() {
            // A sidecar is always started again: its life never ends.
            let _ = std::pin::Pin::new(one).poll(context);
        }
        work.as_mut().poll(context)
    })
    .await
}

async fn started(told: &watch::Sender<Told>) {
    let mut told = told.subscribe();
    let started = |told: &Told| matches!(told.state, State::Running { started: true, .. });
    told.wait_for(started)
        .await
        .expect("the worker holds the sender");
}

/// Whether a pod has its node's network for its own.
fn is_on_host(pod: &Pod) -> bool {
    let spec = pod.spec.as_ref();
    spec.and_then(|spec| spec.host_network) == Some(true)
}

fn restart(pod: &Pod, role: Role) -> Restart {
    let policy = pod
        .spec
        .as_ref()
        .and_then(|spec| spec.restart_policy.as_deref());
    match (role, policy) {
        (Role::Sidecar, _) => Restart::Always,
        (_, Some("Never")) => Restart::Never,
        (Role::Init, _) | (_, Some("OnFailure")) => Restart::OnFailure,
        (Role::Main, _) => Restart::Always,
    }
}

/// How long a container's `preStop` hook sleeps; other hooks are taken to end at once.
fn pre_stop(container: &Container) -> Duration {
    let hook = container
        .lifecycle
        .as_ref()
        .and_then(|life| life.pre_stop.as_ref());
    let sleep = hook
        .and_then(|hook| hook.sleep.as_ref())
        .map_or(0, |sleep| sleep.seconds);
    Duration::from_secs(sleep.max(0).unsigned_abs())
}
