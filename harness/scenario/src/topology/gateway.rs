//! Gateways: which ones follow from the networks, and which ones are declared.
//!
//! Istio's guides install an east-west gateway in every cluster of a mesh that spans networks (it
//! exposes the services), and in a primary that a remote or a virtual machine attaches to, even on
//! one network (it exposes istiod).

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use world::{ClusterName, MeshName, NamespaceName, NetworkName};

use super::{Member, Role};
use crate::{
    draft::{GatewayDraft, GatewayType, TopologySpec},
    name::GatewayName,
    problem::{FieldPath, Findings, did_you_mean},
};

pub use crate::draft::GatewayType as GatewayKind;

/// The name of the east-west gateway in Istio's guides; its samples select by it.
pub const EAST_WEST: &str = "istio-eastwestgateway";
/// The gateway in front of an external istiod in Istio's guide.
pub const EXTERNAL_INGRESS: &str = "istio-ingressgateway";

/// What a gateway offers to other clusters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Exposure {
    /// Every service of the mesh, on 15443 with `AUTO_PASSTHROUGH` for `*.local`.
    Services,
    /// istiod, on 15012 (configuration and certificates) and 15017 (webhooks).
    Istiod,
}

/// A gateway of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Gateway {
    /// Its name: that of its Deployment and Service.
    pub name: GatewayName,
    /// The cluster it runs in.
    pub cluster: ClusterName,
    /// What it is for.
    pub kind: GatewayKind,
    /// Its namespace.
    pub namespace: NamespaceName,
    /// How many pods.
    pub replicas: u32,
    /// The ports of its Service beyond 15021, in order.
    pub ports: BTreeSet<u16>,
    /// What it offers to other clusters; empty for ordinary ingress and egress.
    pub exposes: BTreeSet<Exposure>,
}

pub(crate) type Members = BTreeMap<ClusterName, Member>;

pub(crate) fn derive(
    spec: &TopologySpec,
    members: &Members,
    path: &FieldPath,
    findings: &mut Findings,
) -> Vec<Gateway> {
    let at = path.key("gateways");
    let mut gateways = Vec::new();
    for (name, draft) in &spec.gateways {
        if check(name, draft, spec, members, &at.key(name), findings) {
            gateways.push(declared(name, draft, spec, members));
        }
    }
    for (cluster, member) in members {
        derive_for(cluster, member, spec, members, &mut gateways);
    }
    gateways.sort_by(|a, b| (&a.cluster, &a.name).cmp(&(&b.cluster, &b.name)));
    gateways
}

fn derive_for(
    cluster: &ClusterName,
    member: &Member,
    spec: &TopologySpec,
    members: &Members,
    gateways: &mut Vec<Gateway>,
) {
    let exposes = exposures(cluster, spec, members);
    if needs_east_west(cluster, member, spec, members) {
        let declared = gateways
            .iter()
            .any(|g| g.cluster == *cluster && g.kind == GatewayType::EastWest);
        if !declared {
            gateways.push(derived(EAST_WEST, cluster, GatewayType::EastWest, exposes));
        }
    } else if exposes.contains(&Exposure::Istiod) {
        gateways.push(derived(
            EXTERNAL_INGRESS,
            cluster,
            GatewayType::Ingress,
            exposes,
        ));
    }
}

fn derived(
    name: &str,
    cluster: &ClusterName,
    kind: GatewayKind,
    exposes: BTreeSet<Exposure>,
) -> Gateway {
    Gateway {
        name: GatewayName::new(name).expect("a DNS label"),
        cluster: cluster.clone(),
        kind,
        namespace: NamespaceName::new("istio-system").expect("a DNS label"),
        replicas: 1,
        ports: ports(kind, &[], &exposes),
        exposes,
    }
}

fn declared(
    name: &GatewayName,
    draft: &GatewayDraft,
    spec: &TopologySpec,
    members: &Members,
) -> Gateway {
    let exposes = match draft.kind {
        GatewayType::EastWest => exposures(&draft.cluster, spec, members),
        GatewayType::Ingress | GatewayType::Egress => BTreeSet::new(),
    };
    Gateway {
        name: name.clone(),
        cluster: draft.cluster.clone(),
        kind: draft.kind,
        namespace: draft.namespace.clone(),
        replicas: draft.replicas,
        ports: ports(draft.kind, &draft.ports, &exposes),
        exposes,
    }
}

fn ports(kind: GatewayKind, written: &[u16], exposes: &BTreeSet<Exposure>) -> BTreeSet<u16> {
    let usual: &[u16] = match kind {
        GatewayType::EastWest => &[15443, 15012, 15017],
        GatewayType::Ingress if exposes.contains(&Exposure::Istiod) => &[15012, 15017],
        GatewayType::Ingress | GatewayType::Egress if written.is_empty() => &[80, 443],
        GatewayType::Ingress | GatewayType::Egress => &[],
    };
    usual.iter().chain(written).copied().collect()
}

fn exposures(cluster: &ClusterName, spec: &TopologySpec, members: &Members) -> BTreeSet<Exposure> {
    let Some(member) = members.get(cluster) else {
        return BTreeSet::new();
    };
    let mut exposes = BTreeSet::new();
    if member.role.has_workloads() && spans_networks(member, spec, members) {
        exposes.insert(Exposure::Services);
    }
    if is_attached_to(cluster, member, spec, members) {
        exposes.insert(Exposure::Istiod);
    }
    exposes
}

fn needs_east_west(
    cluster: &ClusterName,
    member: &Member,
    spec: &TopologySpec,
    members: &Members,
) -> bool {
    member.role.has_workloads()
        && (spans_networks(member, spec, members)
            || is_attached_to(cluster, member, spec, members)
            || is_federated(member, spec))
}

/// Whether the member's mesh has workloads in more than one network.
fn spans_networks(member: &Member, spec: &TopologySpec, members: &Members) -> bool {
    let in_mesh = |cluster: &ClusterName| {
        members
            .get(cluster)
            .is_some_and(|other| other.mesh == member.mesh && other.role.has_workloads())
    };
    let clusters = spec.clusters.iter().filter(|(name, _)| in_mesh(name));
    let vms = spec.vms.values().filter(|vm| in_mesh(&vm.onboarded_by));
    let networks: BTreeSet<&NetworkName> = clusters
        .map(|(_, draft)| &draft.network)
        .chain(vms.map(|vm| &vm.network))
        .collect();
    networks.len() > 1
}

/// Whether a remote, a configuration cluster or a virtual machine reaches the istiod here.
fn is_attached_to(
    cluster: &ClusterName,
    member: &Member,
    spec: &TopologySpec,
    members: &Members,
) -> bool {
    let remote = |(name, other): (&ClusterName, &Member)| {
        name != cluster && other.role.sources().contains(cluster)
    };
    let vm = || {
        let onboards = spec.vms.values().any(|vm| vm.onboarded_by == *cluster);
        onboards && matches!(member.role, Role::Primary { .. })
    };
    member.role.runs_istiod() && (members.iter().any(remote) || vm())
}

/// Whether the member's mesh exchanges trust bundles with another one.
fn is_federated(member: &Member, spec: &TopologySpec) -> bool {
    let Some(own) = &member.mesh else {
        return false;
    };
    let trusts = |mesh: &MeshName| spec.meshes.get(mesh).is_some_and(|m| !m.trusts.is_empty());
    trusts(own) || spec.meshes.values().any(|mesh| mesh.trusts.contains(own))
}

fn check(
    name: &GatewayName,
    draft: &GatewayDraft,
    spec: &TopologySpec,
    members: &Members,
    at: &FieldPath,
    findings: &mut Findings,
) -> bool {
    let before = findings.len();
    if !spec.clusters.contains_key(&draft.cluster) {
        findings.value(
            &at.key("cluster"),
            format!("there is no cluster '{}'", draft.cluster),
            did_you_mean(
                draft.cluster.as_str(),
                spec.clusters.keys().map(ClusterName::as_str),
            ),
        );
    } else if members
        .get(&draft.cluster)
        .is_some_and(|m| m.role == Role::None)
    {
        findings.value(
            &at.key("cluster"),
            format!(
                "'{}' is in no mesh, and a gateway is a proxy of one",
                draft.cluster
            ),
            "choose a cluster of a mesh",
        );
    }
    check_rivals(name, draft, spec, at, findings);
    findings.len() == before
}

/// A cluster has one east-west gateway: istiod sends what is for its network to all of them.
fn check_rivals(
    name: &GatewayName,
    draft: &GatewayDraft,
    spec: &TopologySpec,
    at: &FieldPath,
    findings: &mut Findings,
) {
    let is_rival = |(other, rival): (&GatewayName, &GatewayDraft)| {
        other < name && rival.cluster == draft.cluster && rival.kind == GatewayType::EastWest
    };
    if draft.kind == GatewayType::EastWest && spec.gateways.iter().any(is_rival) {
        findings.value(
            at,
            format!("'{}' already has an east-west gateway", draft.cluster),
            "raise its 'replicas' instead",
        );
    }
}
