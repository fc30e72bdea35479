//! Faults of a trial: injected under a name, healed by it.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use engine::FaultHandle;
use scenario::scenario::{Deployed, FaultKind};

use crate::{Error, Result, change, error::Doing as _, run::Running};

/// What is broken now, and when it broke.
#[derive(Default)]
pub(crate) struct Faults {
    by_name: Mutex<BTreeMap<String, Broken>>,
    at: Mutex<BTreeMap<String, Duration>>,
}

enum Broken {
    Substrate(FaultHandle),
    Scaled(Vec<(Deployed, i32)>),
}

impl Faults {
    /// Breaks something.
    pub(crate) async fn inject(
        &self,
        running: &Running<'_>,
        name: &str,
        kind: &FaultKind,
    ) -> Result<()> {
        let at = running.site.environment.elapsed();
        let broken = broken(running, kind).await?;
        locked(&self.at).insert(name.to_owned(), at);
        locked(&self.by_name).insert(name.to_owned(), broken);
        Ok(())
    }

    /// Mends what was broken under a name.
    pub(crate) async fn heal(&self, running: &Running<'_>, name: &str) -> Result<()> {
        let broken = locked(&self.by_name).remove(name);
        match broken.expect("a validated scenario heals faults that are there") {
            Broken::Substrate(handle) => running
                .site
                .environment
                .heal(handle)
                .await
                .doing(format!("heal '{name}'")),
            Broken::Scaled(before) => {
                for (of, replicas) in before {
                    change::scale(running, &of, replicas).await?;
                }
                Ok(())
            }
        }
    }

    /// When something was broken under a name, on the environment's clock.
    pub(crate) fn injected_at(&self, name: &str) -> Duration {
        locked(&self.at).get(name).copied().unwrap_or_default()
    }
}

async fn broken(running: &Running<'_>, kind: &FaultKind) -> Result<Broken> {
    match kind {
        FaultKind::Substrate(fault) => {
            let handle = running.site.environment.inject(fault).await;
            Ok(Broken::Substrate(handle.doing("inject a fault")?))
        }
        FaultKind::Scale { of, replicas } => {
            let mut before = Vec::new();
            for one in of {
                before.push((one.clone(), change::replicas(running, one).await?));
                let replicas = i32::try_from(*replicas).unwrap_or(i32::MAX);
                change::scale(running, one, replicas).await?;
            }
            Ok(Broken::Scaled(before))
        }
        FaultKind::PauseControlPlane(_) => Err(Error::NotCarriedOut {
            step: "pause of a control plane",
        }),
        FaultKind::GatewayDown { .. } => Err(Error::NotCarriedOut {
            step: "gatewayDown",
        }),
        FaultKind::Secret { .. } => Err(Error::NotCarriedOut { step: "secret" }),
        FaultKind::Certificate { .. } => Err(Error::NotCarriedOut {
            step: "certificate",
        }),
        FaultKind::StaleEndpoints { .. } => Err(Error::NotCarriedOut {
            step: "staleEndpoints",
        }),
    }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
