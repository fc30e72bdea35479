//! Containers that run an ordinary command: `sleep`, `true`, `false`.

use std::time::Duration;

use futures::{FutureExt, future::BoxFuture};
use k8s_openapi::api::core::v1::Container;
use tokio::{sync::watch, task::JoinHandle, time::sleep};

use super::{Health, Image, Process, Start};

/// A command that is known by its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Command {
    /// How long it runs; `None` for ever.
    runs: Option<Duration>,
    /// How it ends.
    exit: i32,
}

/// The command of a container, if it is one of the known ones.
pub fn parse(container: &Container) -> Option<Command> {
    let words = container.command.iter().chain(&container.args).flatten();
    let words: Vec<&str> = words.map(String::as_str).collect();
    let exits = |exit| Command {
        runs: Some(Duration::ZERO),
        exit,
    };
    let program = words.first()?.rsplit('/').next()?;
    match (program, &words[1..]) {
        ("true", []) => Some(exits(0)),
        ("false", []) => Some(exits(1)),
        ("sleep", ["infinity"]) => Some(Command {
            runs: None,
            exit: 0,
        }),
        ("sleep", [seconds]) => {
            let seconds = seconds.trim_end_matches('s').parse().ok()?;
            Some(Command {
                runs: Some(Duration::from_secs(seconds)),
                exit: 0,
            })
        }
        _ => None,
    }
}

impl Image for Command {
    fn start(&self, _: Start) -> Box<dyn Process> {
        let health = watch::Sender::new(Health::Ready);
        let ending = self.runs.map(|runs| {
            let (health, exit) = (health.clone(), self.exit);
            tokio::spawn(async move {
                sleep(runs).await;
                health.send_replace(Health::Exited(exit));
            })
        });
        Box::new(Running { health, ending })
    }
}

struct Running {
    health: watch::Sender<Health>,
    ending: Option<JoinHandle<()>>,
}

impl Process for Running {
    fn health(&self) -> watch::Receiver<Health> {
        self.health.subscribe()
    }

    /// As the first process of a container it has no handler for SIGTERM, which is then ignored:
    /// it lives until it is killed.
    fn stop(self: Box<Self>) -> BoxFuture<'static, ()> {
        async move {
            let mut health = self.health();
            let ended = |health: &Health| matches!(health, Health::Exited(_));
            health.wait_for(ended).await.expect("self holds the sender");
        }
        .boxed()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(ending) = &self.ending {
            ending.abort();
        }
    }
}
