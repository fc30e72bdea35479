//! Certificates that others do not believe.

use std::time::Duration;

use jiff::Timestamp;
use pki::Validity;
use scenario::{
    draft::{CertificateFault, RootPhase},
    name::RootName,
};
use tokio::time::sleep;
use world::ClusterName;

use super::Broken;
use crate::{Result, change::root, pods, running::Running};

/// A root that no topology names by accident.
const FOREIGN: &str = "isthmus-foreign-root";

/// How long an authority lives that is made to end: long enough for istiod, the gateways and the
/// workloads of a cluster to start with it, one after another, on real clusters too.
const ENDS_AFTER: Duration = Duration::from_secs(180);

/// Gives the workloads and gateways of a cluster certificates that others do not believe.
pub(super) async fn spoil(
    running: &Running<'_>,
    cluster: &ClusterName,
    how: CertificateFault,
) -> Result<Broken> {
    match how {
        CertificateFault::OtherRoot => {
            let foreign = RootName::new(FOREIGN).expect("a DNS label");
            signed_by(running, cluster, &foreign, RootPhase::DropOld).await?;
        }
        CertificateFault::Expired => expire(running, cluster).await?,
    }
    Ok(Broken::Certificates(cluster.clone()))
}

/// Gives them certificates below their own root again, which is the one that the last exchange of
/// roots came to.
pub(super) async fn restore(running: &Running<'_>, cluster: &ClusterName) -> Result<()> {
    let (root, phase) = running.root_of(cluster);
    signed_by(running, cluster, &root, phase).await
}

async fn signed_by(
    running: &Running<'_>,
    cluster: &ClusterName,
    root: &RootName,
    phase: RootPhase,
) -> Result<()> {
    root::in_cluster(running, cluster, root, phase).await?;
    start_anew(running, cluster).await
}

/// istiod gets an intermediate that soon ends, everybody gets a certificate below it, and its time
/// passes. Nobody can renew then: what istiod goes on to sign ends with its authority. Workloads ask
/// for a day, so an end of their own would take a day to come on clusters whose time is real.
async fn expire(running: &Running<'_>, cluster: &ClusterName) -> Result<()> {
    let ends = running.site.environment.elapsed() + ENDS_AFTER;
    let validity = Validity::from(now(running), ENDS_AFTER);
    root::ending_in_cluster(running, cluster, validity).await?;
    start_anew(running, cluster).await?;
    let left = ends.saturating_sub(running.site.environment.elapsed());
    // Both ends of a validity belong to it, in whole seconds.
    sleep(left + Duration::from_secs(1)).await;
    Ok(())
}

/// The time on the environment's clock, which certificates are made at.
fn now(running: &Running<'_>) -> Timestamp {
    let began = running.options.now;
    let passed = running.site.environment.elapsed();
    began.checked_add(passed).unwrap_or(Timestamp::MAX)
}

/// Gateways and workloads start anew, because a running proxy keeps its certificate until that is
/// renewed.
async fn start_anew(running: &Running<'_>, cluster: &ClusterName) -> Result<()> {
    let gateways = running.site.topology.gateways().iter();
    let here = gateways.filter(|gateway| gateway.cluster == *cluster);
    let mut objects: Vec<_> = here
        .map(|gateway| pods::gateway(running, gateway))
        .collect();
    objects.extend(pods::workloads_in(running, cluster));
    pods::restart(running, cluster, objects).await
}
