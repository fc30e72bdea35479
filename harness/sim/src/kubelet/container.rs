//! A container's life: started, probed, restarted, ended.

use std::{sync::Arc, time::Duration};

use apiserver::Pod;
use jiff::Timestamp;
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};

use super::{Surroundings, probe::Times};
use crate::{
    net::Host,
    program::{Declared, Health, Kubelet, Process, Serve, Start},
};

/// How long a container takes from being wanted to running, its image being there.
const START: Duration = Duration::from_millis(500);
/// The first pause before a restart; each further one is twice as long. Source: Kubernetes'
/// `CrashLoopBackOff`.
const FIRST_PAUSE: Duration = Duration::from_secs(10);
/// The longest. Source: as above.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// What is told of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) state: State,
    pub(super) last: Option<State>,
    pub(super) restarts: i32,
}

/// The state of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum State {
    Waiting {
        reason: &'static str,
    },
    Running {
        since: Timestamp,
        /// Its start-up probe has succeeded.
        started: bool,
        /// Its readiness probe succeeds.
        ready: bool,
    },
    Ended {
        code: i32,
        since: Timestamp,
        at: Timestamp,
    },
}

/// When a container is started again after it has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Restart {
    Always,
    OnFailure,
    Never,
}

/// A container and what it needs to live.
pub(super) struct Life {
    pub(super) around: Surroundings,
    /// The pod as it is now. One that was kept would stay in memory beside the newest.
    pub(super) news: watch::Receiver<Arc<Pod>>,
    pub(super) host: Arc<Host<Arc<dyn Serve>>>,
    pub(super) container: Declared,
    pub(super) restart: Restart,
    pub(super) told: watch::Sender<Told>,
    /// Where the process is kept while it runs, so that whoever ends the pod can stop it.
    pub(super) process: Arc<std::sync::Mutex<Option<Box<dyn Process>>>>,
}

impl Told {
    pub(super) fn waiting(reason: &'static str) -> Self {
        Self {
            state: State::Waiting { reason },
            last: None,
            restarts: 0,
        }
    }
}

impl Life {
    /// Lives until the container has ended for good, and returns its exit code.
    pub(super) async fn live(&self) -> i32 {
        let mut pause = FIRST_PAUSE;
        loop {
            sleep(START).await;
            let code = self.once().await;
            let again = match self.restart {
                Restart::Always => true,
                Restart::OnFailure => code != 0,
                Restart::Never => false,
            };
            if !again {
                return code;
            }
            self.tell(|told| {
                let ended = told.state.clone();
                told.last = Some(ended);
                told.state = State::Waiting {
                    reason: "CrashLoopBackOff",
                };
            });
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
            self.tell(|told| told.restarts += 1);
        }
    }

    fn kubelet(&self, pod: &Pod) -> Kubelet {
        let around = &self.around;
        let roots = around.roots.clone();
        Kubelet::new(around.api.clone(), pod, around.api_server, roots)
    }

    fn start(&self) -> Box<dyn Process> {
        let pod = Arc::clone(&self.news.borrow());
        let image = self.around.images.find(&self.container);
        image.start(Start {
            cluster: self.around.cluster.clone(),
            kubelet: self.kubelet(&pod),
            pod,
            container: self.container.clone(),
            host: Arc::clone(&self.host),
            net: self.around.net.clone(),
            clock: self.around.clock.clone(),
            seed: self.around.seed,
            log: self.around.log.clone(),
        })
    }

    /// From one start to one end.
    async fn once(&self) -> i32 {
        let since = self.around.clock.now();
        let began = Instant::now();
        let process = self.start();
        let mut health = process.health();
        self.keep(Some(process));
        let code = self.watch(&mut health, began, since).await;
        self.keep(None);
        let at = self.around.clock.now();
        self.tell(|told| told.state = State::Ended { code, since, at });
        code
    }

    /// Follows a process through its probes until it ends, or is killed because it did not start.
    async fn watch(
        &self,
        health: &mut watch::Receiver<Health>,
        began: Instant,
        since: Timestamp,
    ) -> i32 {
        /// The exit code of a process that was killed.
        const KILLED: i32 = 137;
        let startup = self.container.startup_probe.as_ref().map(Times::of);
        let readiness = self.container.readiness_probe.as_ref().map(Times::of);
        let (mut started, mut ready) = (startup.is_none(), false);
        let mut troubles = self.around.net.troubles();
        loop {
            let now = *health.borrow_and_update();
            if let Health::Exited(code) = now {
                return code;
            }
            if started && readiness.is_none() {
                ready = now == Health::Ready;
            }
            // Nobody answers the probes of a process that stands still.
            let well = now == Health::Ready && !self.is_frozen();
            let told = State::Running {
                since,
                started,
                ready,
            };
            self.tell(|all| all.state = told);
            let due = match started {
                false => startup.map(|times| times.until(well, began.elapsed())),
                true => readiness
                    .filter(|_| ready != well)
                    .map(|times| times.until(well, began.elapsed())),
            };
            tokio::select! {
                biased;
                changed = health.changed() => if changed.is_err() { return KILLED },
                () = troubles.changed() => {}
                () = after(due) => match (started, well) {
                    (false, true) => started = true,
                    (false, false) => return KILLED,
                    (true, well) => ready = well,
                },
            }
        }
    }

    fn is_frozen(&self) -> bool {
        let host = &self.host;
        self.around.net.is_frozen(host.place(), host.address())
    }

    fn keep(&self, process: Option<Box<dyn Process>>) {
        let mut slot = self
            .process
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        *slot = process;
    }

    fn tell(&self, change: impl FnOnce(&mut Told)) {
        self.told.send_if_modified(|told| {
            let before = told.clone();
            change(told);
            *told != before
        });
    }
}

async fn after(due: Option<Duration>) {
    match due {
        Some(due) => sleep(due).await,
        None => std::future::pending().await,
    }
}
