//! Faults of a trial: injected under a name, healed by it.
//!
//! Reading order: this file, `gateway` and `certificate`; what is wrong with a remote secret is
//! written by `change::secret`.

mod certificate;
mod gateway;

use std::{collections::BTreeMap, sync::Mutex, time::Duration};

use engine::{FaultHandle, ObjectRef};
use manifest::system_namespace;
use scenario::{
    scenario::{Deployed, FaultKind},
    topology::RemoteSecret,
};
use world::{ClusterName, Direction, SubstrateFault, fault::End};

use crate::{
    Result,
    change::secret,
    error::Doing as _,
    pods,
    running::{Running, locked},
};

/// What is broken now, and when it broke.
#[derive(Default)]
pub(crate) struct Faults {
    by_name: Mutex<BTreeMap<String, Broken>>,
    at: Mutex<BTreeMap<String, Duration>>,
}

/// What is broken, with what it takes to mend it.
enum Broken {
    Substrate(FaultHandle),
    Scaled(Vec<(ClusterName, ObjectRef, i32)>),
    GatewayGone(ClusterName),
    GatewayMoved(ClusterName),
    Secret(RemoteSecret),
    /// Those of this cluster are not believed.
    Certificates(ClusterName),
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
            Broken::Substrate(handle) => {
                let healed = running.site.environment.heal(handle).await;
                healed.doing(format!("heal '{name}'"))
            }
            Broken::Scaled(before) => {
                for (cluster, object, replicas) in before {
                    pods::scale(running, &cluster, &object, replicas).await?;
                }
                Ok(())
            }
            Broken::GatewayGone(cluster) => gateway::restore(running, &cluster).await,
            Broken::GatewayMoved(cluster) => gateway::move_back(running, &cluster).await,
            Broken::Secret(secret) => secret::restore(running, &secret).await,
            Broken::Certificates(cluster) => certificate::restore(running, &cluster).await,
        }
    }

    /// When something was broken under a name, on the environment's clock.
    pub(crate) fn injected_at(&self, name: &str) -> Duration {
        locked(&self.at).get(name).copied().unwrap_or_default()
    }
}

async fn broken(running: &Running<'_>, kind: &FaultKind) -> Result<Broken> {
    match kind {
        FaultKind::Substrate(fault) => substrate(running, fault).await,
        FaultKind::Scale { of, replicas } => scaled(running, of, *replicas).await,
        FaultKind::PauseControlPlane(cluster) => {
            substrate(running, &paused_istiods(running, cluster)).await
        }
        FaultKind::GatewayDown { cluster, how } => gateway::down(running, cluster, *how).await,
        FaultKind::Secret { secret, how } => {
            secret::spoil(running, secret, *how).await?;
            Ok(Broken::Secret(secret.clone()))
        }
        FaultKind::Certificate { cluster, how } => certificate::spoil(running, cluster, *how).await,
        FaultKind::StaleEndpoints { of, seen_by } => {
            // Only the news is cut off: calls between the clusters go on.
            let parted = SubstrateFault::Partition {
                from: End::Cluster(seen_by.clone()),
                to: End::ApiServer(of.clone()),
                direction: Direction::Both,
            };
            substrate(running, &parted).await
        }
    }
}

/// Every istiod of a cluster, of whatever revision.
fn paused_istiods(running: &Running<'_>, cluster: &ClusterName) -> SubstrateFault {
    SubstrateFault::PausePods {
        cluster: cluster.clone(),
        namespace: system_namespace(running.site.topology, cluster).to_owned(),
        labels: BTreeMap::from([("app".to_owned(), "istiod".to_owned())]),
    }
}

async fn substrate(running: &Running<'_>, fault: &SubstrateFault) -> Result<Broken> {
    let handle = running.site.environment.inject(fault).await;
    Ok(Broken::Substrate(handle.doing("inject a fault")?))
}

async fn scaled(running: &Running<'_>, of: &[Deployed], replicas: u32) -> Result<Broken> {
    let wanted = i32::try_from(replicas).unwrap_or(i32::MAX);
    let mut before = Vec::new();
    for one in of {
        before.extend(
            scaled_down(
                running,
                one.cluster(),
                pods::deployments(running, one),
                wanted,
            )
            .await?,
        );
    }
    Ok(Broken::Scaled(before))
}

/// Scales Deployments and says how many pods each had.
async fn scaled_down(
    running: &Running<'_>,
    cluster: &ClusterName,
    objects: Vec<ObjectRef>,
    wanted: i32,
) -> Result<Vec<(ClusterName, ObjectRef, i32)>> {
    let had = pods::replicas(running, cluster, &objects).await?;
    for object in &objects {
        pods::scale(running, cluster, object, wanted).await?;
    }
    let before = objects.into_iter().zip(had);
    Ok(before
        .map(|(object, had)| (cluster.clone(), object, had))
        .collect())
}
