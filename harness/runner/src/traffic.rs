//! Continuous traffic of a trial, by name.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use engine::{RunningTraffic, Traffic as Repeated};
use scenario::scenario::Traffic;
use world::Observation;

use crate::{Result, error::Doing as _, site::Site, target};

/// Everything that runs and what it has seen so far.
#[derive(Default)]
pub(crate) struct AllTraffic {
    by_name: Mutex<BTreeMap<String, Stream>>,
}

#[derive(Default)]
struct Stream {
    running: Vec<Box<dyn RunningTraffic>>,
    seen: Vec<Observation>,
}

impl AllTraffic {
    /// Starts traffic, one stream per client.
    pub(crate) async fn start(&self, site: &Site<'_>, traffic: &Traffic) -> Result<()> {
        let mut stream = Stream::default();
        for call in target::calls(site, &traffic.calls).await? {
            let repeated = Repeated {
                call,
                every: traffic.rate.interval(),
            };
            let running = site.environment.prober().start(repeated).await;
            stream
                .running
                .push(running.doing(format!("start traffic '{}'", traffic.name))?);
        }
        self.locked().insert(traffic.name.clone(), stream);
        Ok(())
    }

    /// Takes in what has been seen since the last time.
    pub(crate) fn take(&self) {
        self.locked().values_mut().for_each(Stream::take);
    }

    /// Whether traffic of this name was started.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.locked().contains_key(name)
    }

    /// Looks at everything that traffic of this name has seen so far, in the order of time. It may
    /// be many thousands of calls, each with its evidence: they are not copied.
    pub(crate) fn seen<T>(&self, name: &str, look: impl FnOnce(&[Observation]) -> T) -> T {
        let mut all = self.locked();
        let Some(stream) = all.get_mut(name) else {
            return look(&[]);
        };
        stream.take();
        stream.seen.sort_by_key(|observation| observation.at);
        look(&stream.seen)
    }

    /// Stops all of it; what it has seen stays.
    pub(crate) async fn stop(&self) -> Result<()> {
        let running: Vec<_> = self
            .locked()
            .iter_mut()
            .flat_map(|(name, stream)| {
                stream
                    .running
                    .drain(..)
                    .map(|one| (name.clone(), one))
                    .collect::<Vec<_>>()
            })
            .collect();
        for (name, one) in running {
            let rest = one.stop().await.doing(format!("stop traffic '{name}'"))?;
            if let Some(stream) = self.locked().get_mut(&name) {
                stream.seen.extend(rest);
            }
        }
        Ok(())
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Stream>> {
        self.by_name.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stream {
    fn take(&mut self) {
        for running in &mut self.running {
            self.seen.extend(running.take());
        }
    }
}
