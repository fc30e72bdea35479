//! What control planes and proxies know.

use std::collections::{BTreeMap, BTreeSet};

use judge::Verdict;
use manifest::system_namespace;
use world::{Client, ClusterName, ControlPlane};

use crate::{Result, error::Doing as _, running::Running};

/// Every istiod of the clusters knows the clusters that it is declared to see.
pub(crate) async fn synced(running: &Running<'_>, clusters: &[ClusterName]) -> Result<Verdict> {
    let declared = declared(running, clusters);
    Ok(judge::known::synced(
        &declared,
        &control_planes(running).await?,
    ))
}

/// The istiods of the mesh itself; one that only runs the gateway in front of an external istiod is
/// none of them.
pub(crate) async fn control_planes(running: &Running<'_>) -> Result<Vec<ControlPlane>> {
    let doing = "ask control planes";
    let mesh = running.site.environment.mesh().doing(doing)?;
    let mut seen = mesh.control_planes().await.doing(doing)?;
    let topology = running.site.topology;
    seen.retain(|plane| plane.namespace == system_namespace(topology, &plane.cluster));
    Ok(seen)
}

/// The clusters with an istiod among these, each with the clusters that it sees.
fn declared(
    running: &Running<'_>,
    clusters: &[ClusterName],
) -> BTreeMap<ClusterName, BTreeSet<ClusterName>> {
    let topology = running.site.topology;
    let planes = topology
        .control_planes()
        .filter(|name| clusters.contains(name));
    let seen_by = |plane: &ClusterName| {
        let all = topology.members().keys();
        all.filter(|cluster| topology.sees(plane, cluster))
            .cloned()
            .collect()
    };
    planes
        .map(|plane| (plane.clone(), seen_by(plane)))
        .collect()
}

/// The proxies of these clients know so many endpoints of a service.
pub(super) async fn endpoints(
    running: &Running<'_>,
    seen_by: &[Client],
    (host, port): (&str, u16),
    behind: &BTreeMap<ClusterName, u32>,
) -> Result<Verdict> {
    let mesh = running.site.environment.mesh().doing("ask proxies")?;
    let mut told = Vec::with_capacity(seen_by.len());
    for client in seen_by {
        let known = mesh.endpoints(client, host, port).await;
        told.push((
            client.clone(),
            known.doing(format!("ask the proxy of {client}"))?,
        ));
    }
    Ok(judge::known::endpoints(
        &format!("{host}:{port}"),
        behind,
        &told,
    ))
}
