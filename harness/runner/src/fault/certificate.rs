//! Certificates that others do not believe.

use scenario::{
    draft::{CertificateFault, RootPhase},
    name::RootName,
};
use world::ClusterName;

use super::Broken;
use crate::{Error, Result, change::root, pods, running::Running};

/// A step that is not carried out yet.
pub(super) const EXPIRED: &str = "certificate: expired";

/// A root that no topology names by accident.
const FOREIGN: &str = "isthmus-foreign-root";

/// Gives the workloads and gateways of a cluster certificates that others do not believe.
pub(super) async fn spoil(
    running: &Running<'_>,
    cluster: &ClusterName,
    how: CertificateFault,
) -> Result<Broken> {
    match how {
        CertificateFault::OtherRoot => {
            let foreign = RootName::new(FOREIGN).expect("a DNS label");
            signed_by(running, cluster, &foreign).await?;
            Ok(Broken::OtherRoot(cluster.clone()))
        }
        CertificateFault::Expired => Err(Error::NotCarriedOut { step: EXPIRED }),
    }
}

/// Gives them certificates below their own root again.
pub(super) async fn restore_root(running: &Running<'_>, cluster: &ClusterName) -> Result<()> {
    let member = &running.site.topology.members()[cluster];
    signed_by(running, cluster, &member.root).await
}

/// istiod gets an intermediate below another root; gateways and workloads start anew, because a
/// running proxy keeps its certificate until that is renewed.
async fn signed_by(running: &Running<'_>, cluster: &ClusterName, root: &RootName) -> Result<()> {
    root::in_cluster(running, cluster, root, RootPhase::DropOld).await?;
    let gateways = running.site.topology.gateways().iter();
    let here = gateways.filter(|gateway| gateway.cluster == *cluster);
    let mut objects: Vec<_> = here
        .map(|gateway| pods::gateway(running, gateway))
        .collect();
    objects.extend(pods::workloads_in(running, cluster));
    pods::restart(running, cluster, objects).await
}
