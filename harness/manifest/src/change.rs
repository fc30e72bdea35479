//! What a living mesh is changed by: another version, a tag that moves, a secret that is renewed, a
//! root that is exchanged, a virtual machine that joins.
//!
//! Each function renders what has to be applied then; who applies it decides the order and waits.

use scenario::{
    draft::RootPhase,
    name::{RevisionName, RootName},
    topology::{RemoteSecret, Revision, Topology},
};
use serde_json::{Map, Value};
use world::{ClusterName, VmName};

use crate::{
    Facts, ManifestError, Need, Object, Placed, Stage, control_plane, discovery,
    gateway::GatewaySite,
    site::{Part, Site},
    trust,
    unit::Unit,
};

/// A revision of the control plane in a cluster: installed beside the others if the topology does
/// not have it, upgraded in place if it has it in another version. To remove one, delete what this
/// stage renders.
pub fn revision<'a>(
    topology: &'a Topology,
    cluster: &'a ClusterName,
    revision: &'a Revision,
) -> Stage<'a> {
    let sites = Site::of_revision(topology, cluster, revision);
    Stage {
        topology,
        name: "control-plane",
        units: sites.into_iter().map(Unit::ControlPlane).collect(),
    }
}

/// The gateways of a cluster, injected by a revision. Their image is that of the istiod that injects
/// them, so they have to be restarted as well.
pub fn gateways<'a>(
    topology: &'a Topology,
    cluster: &'a ClusterName,
    revision: &'a Revision,
) -> Stage<'a> {
    let all = GatewaySite::all(topology).into_iter();
    let here = all.filter(|of| of.gateway.cluster == *cluster);
    Stage {
        topology,
        name: "gateways",
        units: here
            .map(|of| Unit::Gateway(of.at_revision(revision)))
            .collect(),
    }
}

/// The webhooks of a tag that points to `revision` from now on; none where no pods are injected.
///
/// # Errors
/// If an address in the revision's values is not known yet.
pub fn tag(
    topology: &Topology,
    cluster: &ClusterName,
    tag: &RevisionName,
    revision: &Revision,
    facts: &Facts,
) -> Result<Vec<Placed>, ManifestError> {
    let mut objects = Vec::new();
    for site in Site::of_revision(topology, cluster, revision) {
        if !matches!(site.part, Part::ExternalIstiod { .. }) {
            let values = site.values(facts)?;
            let webhooks = control_plane::of_tag(&site, &values, tag.as_str());
            objects.push(webhooks.into_cluster(cluster));
        }
    }
    Ok(objects)
}

/// A remote secret, from what is known of the watched cluster now.
///
/// # Errors
/// If its API server's address or the token is not known.
pub fn remote_secret(
    topology: &Topology,
    secret: &RemoteSecret,
    facts: &Facts,
) -> Result<Placed, ManifestError> {
    discovery::remote_secret(topology, secret, facts)
}

/// Where the token in a remote secret comes from, and the Secret that gets it: deleted and applied
/// again, it holds another one and the old one counts no more.
pub fn token(topology: &Topology, secret: &RemoteSecret) -> (Need, Placed) {
    let need = Need::Token(discovery::token_at(topology, secret));
    (need, discovery::token(topology, secret))
}

/// The same remote secret written differently: other bytes, the same access. Each `time` is other
/// bytes again.
pub fn rewritten(secret: Placed, time: u32) -> Placed {
    let mut tree = secret.object.into_value();
    let data = tree.get_mut("stringData").and_then(Value::as_object_mut);
    for kubeconfig in data.into_iter().flat_map(Map::values_mut) {
        let text = kubeconfig.as_str().unwrap_or_default();
        *kubeconfig = Value::String(format!("# written again: {time}\n{text}"));
    }
    Object::rendered(tree).into_cluster(&secret.cluster)
}

/// The definitions and reading rights of a cluster: what comes first in an upgrade.
pub fn base<'a>(topology: &'a Topology, cluster: &ClusterName) -> Stage<'a> {
    let found = topology.members().get_key_value(cluster);
    Stage {
        topology,
        name: "base",
        units: found
            .map(|(name, _)| Unit::Base(name))
            .into_iter()
            .collect(),
    }
}

/// The Secret `cacerts` of a cluster in a phase of an exchange of its root for `to`; none where no
/// istiod of the mesh runs. istiod reads it when it starts, so it has to be restarted.
///
/// # Errors
/// If certificates cannot be made.
pub fn cacerts(
    topology: &Topology,
    cluster: &ClusterName,
    to: &RootName,
    phase: RootPhase,
    facts: &Facts,
) -> Result<Option<Placed>, ManifestError> {
    signing(topology, cluster, |site| {
        trust::rotated(site, to, phase, facts)
    })
}

/// The Secret `cacerts` of a cluster with an authority that ends with `validity`; none where no
/// istiod of the mesh runs. istiod reads it when it starts, so it has to be restarted.
///
/// # Errors
/// If certificates cannot be made.
pub fn ending_cacerts(
    topology: &Topology,
    cluster: &ClusterName,
    validity: pki::Validity,
    facts: &Facts,
) -> Result<Option<Placed>, ManifestError> {
    signing(topology, cluster, |site| {
        trust::ending(site, validity, facts)
    })
}

/// What is rendered for the istiod that signs in a cluster.
fn signing(
    topology: &Topology,
    cluster: &ClusterName,
    render: impl Fn(&Site<'_>) -> Result<Object, ManifestError>,
) -> Result<Option<Placed>, ManifestError> {
    let signs = |site: &Site<'_>| matches!(site.part, Part::Primary | Part::ExternalIstiod { .. });
    let sites = Site::of_cluster(topology, cluster);
    let secret = sites.iter().find(|site| signs(site)).map(render);
    let secret = secret.transpose()?;
    Ok(secret.map(|object| object.into_cluster(cluster)))
}

/// The objects by which a virtual machine can join; deleted again, it has left.
pub fn vm<'a>(topology: &'a Topology, name: &VmName) -> Stage<'a> {
    let found = topology.vms().get_key_value(name);
    Stage {
        topology,
        name: "vms",
        units: found
            .map(|(name, vm)| Unit::Vm(name, vm))
            .into_iter()
            .collect(),
    }
}
