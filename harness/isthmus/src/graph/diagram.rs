//! What there is to draw of a topology.

use scenario::{
    Topology,
    topology::{Exposure, Gateway, GatewayKind, Role, SecretPurpose},
};
use world::{ClusterName, NetworkName};

/// Boxes in networks, and arrows between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagram {
    /// The topology's name.
    pub title: String,
    /// The networks, each with what stands in it.
    pub networks: Vec<Network>,
    /// The arrows.
    pub arrows: Vec<Arrow>,
}

/// A network and what stands in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// Its name.
    pub name: String,
    /// Clusters first, then machines, each in the order of their names.
    pub boxes: Vec<Thing>,
}

/// A cluster or a machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thing {
    /// What arrows refer to.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is in the mesh, in a few words.
    pub role: String,
    /// What else is worth knowing, a line each.
    pub lines: Vec<String>,
    /// Its gateways.
    pub gateways: Vec<String>,
    /// Which of them it is.
    pub kind: Kind,
}

/// What a box stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A cluster in which an istiod runs.
    ControlPlane,
    /// A cluster configured from elsewhere.
    Remote,
    /// A cluster in no mesh.
    Plain,
    /// A virtual machine.
    Machine,
}

/// From one box to another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Arrow {
    /// Where it begins.
    pub from: String,
    /// Where it ends.
    pub to: String,
    /// What it means.
    pub means: Means,
}

/// What an arrow means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Means {
    /// The istiod there configures the proxies here.
    Configures,
    /// The istiod there reads its Istio configuration from the API server here.
    ReadsConfiguration,
    /// The istiod there watches the API server here for services and endpoints.
    Discovers,
    /// The machine is onboarded by the cluster.
    Onboards,
    /// The mesh there accepts the identities of the mesh here.
    Trusts,
}

impl Means {
    /// A word for legends and labels.
    pub fn word(self) -> &'static str {
        match self {
            Self::Configures => "configures",
            Self::ReadsConfiguration => "reads configuration from",
            Self::Discovers => "discovers",
            Self::Onboards => "onboards",
            Self::Trusts => "trusts",
        }
    }
}

impl Diagram {
    /// What there is to draw of `topology`.
    pub fn of(topology: &Topology) -> Self {
        let mut arrows: Vec<Arrow> = [
            control(topology),
            discovery(topology),
            machines(topology),
            trust(topology),
        ]
        .concat();
        arrows.sort();
        arrows.dedup();
        let networks = topology.substrate().networks.keys();
        Self {
            title: topology.name().to_string(),
            networks: networks.map(|name| network(topology, name)).collect(),
            arrows,
        }
    }
}

fn network(topology: &Topology, name: &NetworkName) -> Network {
    let substrate = topology.substrate();
    let clusters = substrate
        .clusters
        .iter()
        .filter(|(_, cluster)| cluster.network == *name);
    let machines = substrate.vms.iter().filter(|(_, vm)| vm.network == *name);
    let machines = machines.map(|(vm, stands)| Thing {
        id: format!("vm:{vm}"),
        name: vm.to_string(),
        role: "virtual machine".to_owned(),
        lines: vec![stands.address.to_string(), stands.locality.to_string()],
        gateways: Vec::new(),
        kind: Kind::Machine,
    });
    let clusters = clusters.map(|(cluster, _)| thing(topology, cluster));
    let mut boxes: Vec<Thing> = clusters.chain(machines).collect();
    boxes
        .iter_mut()
        .for_each(|thing| thing.lines.retain(|line| !line.is_empty()));
    Network {
        name: name.to_string(),
        boxes,
    }
}

fn thing(topology: &Topology, name: &ClusterName) -> Thing {
    let cluster = &topology.substrate().clusters[name];
    let role = topology
        .member(name)
        .map_or(&Role::None, |member| &member.role);
    let mut lines: Vec<String> = topology
        .member(name)
        .map(istio)
        .into_iter()
        .flatten()
        .collect();
    lines.extend(mesh(topology, name));
    lines.push(format!("pods {}", cluster.pods));
    lines.push(localities(cluster));
    Thing {
        id: name.to_string(),
        name: name.to_string(),
        role: role_words(role),
        lines,
        gateways: topology
            .gateways()
            .iter()
            .filter(|g| g.cluster == *name)
            .map(gateway)
            .collect(),
        kind: match role {
            Role::Primary { .. } | Role::ExternalControlPlane { .. } => Kind::ControlPlane,
            Role::Remote { .. } | Role::Config { .. } => Kind::Remote,
            Role::None => Kind::Plain,
        },
    }
}

/// What a cluster is in its mesh, in the words of Istio's deployment models.
pub fn role_words(role: &Role) -> String {
    match role {
        Role::Primary { sources } if sources.as_slice().len() > 1 => {
            format!("primary, {} sources", sources.as_slice().len())
        }
        Role::Primary { .. } => "primary".to_owned(),
        Role::Remote { of } => {
            let of: Vec<&str> = of.as_slice().iter().map(ClusterName::as_str).collect();
            format!("remote of {}", of.join(", "))
        }
        Role::ExternalControlPlane { config } => format!("external control plane of {config}"),
        Role::Config { control_plane } => {
            format!("configuration, control plane in {}", control_plane.first())
        }
        Role::None => "no mesh".to_owned(),
    }
}

fn istio(member: &scenario::topology::Member) -> Option<String> {
    let versions = member
        .revisions
        .iter()
        .map(|revision| match &revision.name {
            Some(name) => format!("{name} {}", revision.version),
            None => revision.version.to_string(),
        });
    let versions: Vec<String> = versions.collect();
    (!versions.is_empty()).then(|| format!("Istio {}", versions.join(", ")))
}

/// Which mesh, where there is more than one.
fn mesh(topology: &Topology, cluster: &ClusterName) -> Option<String> {
    let mesh = topology.mesh_of(cluster)?;
    (topology.meshes().len() > 1).then(|| format!("{} · {}", mesh.name, mesh.trust_domain))
}

fn localities(cluster: &world::Cluster) -> String {
    let mut places: Vec<String> = cluster
        .nodes
        .iter()
        .map(|node| node.locality.to_string())
        .filter(|l| !l.is_empty())
        .collect();
    places.dedup();
    places.join(", ")
}

fn gateway(gateway: &Gateway) -> String {
    let kind = match gateway.kind {
        GatewayKind::EastWest => "east-west",
        GatewayKind::Ingress => "ingress",
        GatewayKind::Egress => "egress",
    };
    let exposes = gateway.exposes.iter().map(|exposes| match exposes {
        Exposure::Services => "services",
        Exposure::Istiod => "istiod",
    });
    let exposes: Vec<&str> = exposes.collect();
    match exposes.as_slice() {
        [] => format!("{kind}: {}", gateway.name),
        _ => format!("{kind}: {}", exposes.join(" + ")),
    }
}

fn arrow(from: impl ToString, to: impl ToString, means: Means) -> Arrow {
    Arrow {
        from: from.to_string(),
        to: to.to_string(),
        means,
    }
}

fn control(topology: &Topology) -> Vec<Arrow> {
    let configures = topology.members().iter().flat_map(|(name, member)| {
        let elsewhere = member
            .role
            .sources()
            .iter()
            .filter(move |source| *source != name);
        elsewhere.map(move |source| arrow(source, name, Means::Configures))
    });
    configures.collect()
}

fn discovery(topology: &Topology) -> Vec<Arrow> {
    let secrets = topology.remote_secrets().into_iter();
    secrets
        .map(|secret| {
            let means = match secret.purpose {
                SecretPurpose::Discovery => Means::Discovers,
                SecretPurpose::Configuration => Means::ReadsConfiguration,
            };
            arrow(secret.stored_in, secret.of, means)
        })
        .collect()
}

fn machines(topology: &Topology) -> Vec<Arrow> {
    let vms = topology.vms().iter();
    vms.map(|(name, vm)| arrow(&vm.onboarded_by, format!("vm:{name}"), Means::Onboards))
        .collect()
}

/// Between the first clusters of two meshes, which stand for them.
fn trust(topology: &Topology) -> Vec<Arrow> {
    let first = |mesh: &world::MeshName| {
        let members = topology.members().iter();
        members
            .filter(|(_, member)| member.mesh.as_ref() == Some(mesh))
            .map(|(name, _)| name)
            .next()
    };
    let meshes = topology.meshes().values();
    meshes
        .flat_map(|mesh| mesh.trusts.iter().map(move |other| (&mesh.name, other)))
        .filter_map(|(mesh, other)| Some(arrow(first(mesh)?, first(other)?, Means::Trusts)))
        .collect()
}
