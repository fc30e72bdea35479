//! The root certificate authority of a mesh, exchanged in phases.

use manifest::{ManifestError, Placed, change};
use pki::Validity;
use scenario::{draft::RootPhase, name::RootName, scenario::Deployed};
use world::{ClusterName, MeshName};

use crate::{Result, error::Doing as _, pods, running::Running};

/// Carries a phase out in every cluster of a mesh.
pub(super) async fn rotate(
    running: &Running<'_>,
    mesh: &MeshName,
    to: &RootName,
    phase: RootPhase,
) -> Result<()> {
    let members = running.site.topology.members().iter();
    let of_mesh = members.filter(|(_, member)| member.mesh.as_ref() == Some(mesh));
    for (cluster, _) in of_mesh {
        in_cluster(running, cluster, to, phase).await?;
        running.keep_root(cluster, to, phase);
    }
    Ok(())
}

/// Carries a phase out in one cluster: writes `cacerts`, which istiod reads when it starts.
pub(crate) async fn in_cluster(
    running: &Running<'_>,
    cluster: &ClusterName,
    to: &RootName,
    phase: RootPhase,
) -> Result<()> {
    let facts = running.facts();
    let rendered = change::cacerts(running.site.topology, cluster, to, phase, &facts);
    signs_with(running, cluster, rendered).await
}

/// Lets istiod in a cluster sign by an authority that ends with `validity`.
pub(crate) async fn ending_in_cluster(
    running: &Running<'_>,
    cluster: &ClusterName,
    validity: Validity,
) -> Result<()> {
    let facts = running.facts();
    let rendered = change::ending_cacerts(running.site.topology, cluster, validity, &facts);
    signs_with(running, cluster, rendered).await
}

/// Writes `cacerts` and restarts who reads it.
async fn signs_with(
    running: &Running<'_>,
    cluster: &ClusterName,
    cacerts: std::result::Result<Option<Placed>, ManifestError>,
) -> Result<()> {
    let made = cacerts.doing(format!("make the certificates of {cluster}"))?;
    let Some(secret) = made else {
        return Ok(());
    };
    running.site.apply(vec![secret]).await?;
    let installed = running.installed();
    let objects = installed.istiods(cluster).iter().flat_map(|revision| {
        let istiod = Deployed::Istiod {
            cluster: cluster.clone(),
            revision: revision.name.clone(),
        };
        pods::deployments(running, &istiod)
    });
    pods::restart(running, cluster, objects.collect()).await
}
