//! The substrate of a topology: clusters, networks, nodes, links and VMs with their addresses.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::Ipv4Net;
use world::{
    Cluster, ClusterName, Link, Locality, Network, NetworkName, Node, NodeName, Substrate, Vm,
    VmName,
};

use super::plan::{Allocator, Pool, overlap};
use crate::{
    draft::{ClusterDraft, LinkDraft, NodeDraft, TopologySpec},
    problem::{FieldPath, Findings, did_you_mean},
};

/// The first address of a network that a VM may have; those before are nodes.
const FIRST_VM: u32 = 200;
/// How many nodes and VMs fit into a planned network.
const MAX_NODES: usize = 180;

/// The two ranges of a cluster.
#[derive(Debug, Clone, Copy)]
struct Ranges {
    pods: Ipv4Net,
    services: Ipv4Net,
}

pub(crate) fn derive(spec: &TopologySpec, path: &FieldPath, findings: &mut Findings) -> Substrate {
    check_networks(spec, path, findings);
    let mut allocator = Allocator::default();
    reserve_given(spec, &mut allocator);
    let networks = networks(spec, path, &mut allocator, findings);
    let clusters = clusters(spec, path, &mut allocator, findings);
    check_overlaps(spec, &clusters, &networks, path, findings);
    Substrate {
        vms: vms(spec, &networks, path, findings),
        links: links(spec, path, findings),
        networks,
        clusters,
    }
}

fn check_networks(spec: &TopologySpec, path: &FieldPath, findings: &mut Findings) {
    let mut check = |network: &NetworkName, at: FieldPath| {
        if !spec.networks.contains_key(network) {
            let known = spec.networks.keys().map(NetworkName::as_str);
            findings.value(
                &at,
                format!("there is no network '{network}'"),
                did_you_mean(network.as_str(), known),
            );
        }
    };
    for (name, cluster) in &spec.clusters {
        check(
            &cluster.network,
            path.key("clusters").key(name).key("network"),
        );
    }
    for (name, vm) in &spec.vms {
        check(&vm.network, path.key("vms").key(name).key("network"));
    }
    for (i, link) in spec.links.iter().enumerate() {
        for (end, network) in link.between.iter().enumerate() {
            check(
                network,
                path.key("links").index(i).key("between").index(end),
            );
        }
    }
}

fn reserve_given(spec: &TopologySpec, allocator: &mut Allocator) {
    let nodes = spec.networks.values().filter_map(|n| n.node_cidr);
    let clusters = spec.clusters.values();
    let given = clusters
        .flat_map(|c| [c.pod_cidr, c.service_cidr])
        .flatten();
    for range in nodes.chain(given) {
        allocator.reserve(range.trunc());
    }
}

fn networks(
    spec: &TopologySpec,
    path: &FieldPath,
    allocator: &mut Allocator,
    findings: &mut Findings,
) -> BTreeMap<NetworkName, Network> {
    let mut networks = BTreeMap::new();
    for (name, draft) in &spec.networks {
        let given = draft.node_cidr.map(|range| range.trunc());
        match given.or_else(|| allocator.next(Pool::Nodes)) {
            Some(nodes) => {
                networks.insert(name.clone(), Network { nodes });
            }
            None => used_up(&path.key("networks").key(name), "nodeCIDR", findings),
        }
    }
    networks
}

fn used_up(at: &FieldPath, field: &str, findings: &mut Findings) {
    findings.value(
        at,
        "the address plan has no range left for it",
        format!("give '{field}' yourself, or split the topology"),
    );
}

fn clusters(
    spec: &TopologySpec,
    path: &FieldPath,
    allocator: &mut Allocator,
    findings: &mut Findings,
) -> BTreeMap<ClusterName, Cluster> {
    let shared = shared_ranges(spec, allocator);
    let mut clusters = BTreeMap::new();
    for (name, draft) in &spec.clusters {
        let at = path.key("clusters").key(name);
        let shared = shared.filter(|_| draft.overlap.is_some());
        let ranges = ranges(draft, shared, allocator);
        let load_balancers = allocator.next(Pool::LoadBalancers);
        let (Some(ranges), Some(load_balancers)) = (ranges, load_balancers) else {
            used_up(&at, "podCIDR", findings);
            continue;
        };
        let cluster = Cluster {
            network: draft.network.clone(),
            nodes: nodes(draft, &at, findings),
            pods: ranges.pods,
            services: ranges.services,
            load_balancers,
            kubernetes: draft.kubernetes.clone(),
        };
        clusters.insert(name.clone(), cluster);
    }
    clusters
}

/// The ranges that all clusters with an intended overlap share.
fn shared_ranges(spec: &TopologySpec, allocator: &mut Allocator) -> Option<Ranges> {
    spec.clusters.values().find(|c| c.overlap.is_some())?;
    Some(Ranges {
        pods: allocator.next(Pool::Pods)?,
        services: allocator.next(Pool::Services)?,
    })
}

fn ranges(
    draft: &ClusterDraft,
    shared: Option<Ranges>,
    allocator: &mut Allocator,
) -> Option<Ranges> {
    let mut plan = |given: Option<Ipv4Net>, shared: Option<Ipv4Net>, pool| {
        given
            .map(|range| range.trunc())
            .or(shared)
            .or_else(|| allocator.next(pool))
    };
    Some(Ranges {
        pods: plan(draft.pod_cidr, shared.map(|r| r.pods), Pool::Pods)?,
        services: plan(
            draft.service_cidr,
            shared.map(|r| r.services),
            Pool::Services,
        )?,
    })
}

fn nodes(draft: &ClusterDraft, at: &FieldPath, findings: &mut Findings) -> Vec<Node> {
    let lone = [NodeDraft::default()];
    let drafts: &[NodeDraft] = if draft.nodes.is_empty() {
        &lone
    } else {
        &draft.nodes
    };
    let mut names = BTreeSet::new();
    let mut nodes = Vec::new();
    for (i, node) in drafts.iter().enumerate() {
        let numbered = || NodeName::new(format!("node{}", i + 1)).expect("a DNS label");
        let name = node.name.clone().unwrap_or_else(numbered);
        if !names.insert(name.clone()) {
            findings.value(
                &at.key("nodes").index(i),
                format!("two nodes of the cluster are called '{name}'"),
                "give one of them another 'name'",
            );
        }
        nodes.push(Node {
            name,
            locality: node.locality.clone().unwrap_or_default(),
        });
    }
    if nodes.len() > MAX_NODES {
        findings.value(
            &at.key("nodes"),
            format!(
                "a cluster with {} nodes does not fit into its network",
                nodes.len()
            ),
            format!("use at most {MAX_NODES}"),
        );
    }
    nodes
}

fn vms(
    spec: &TopologySpec,
    networks: &BTreeMap<NetworkName, Network>,
    path: &FieldPath,
    findings: &mut Findings,
) -> BTreeMap<VmName, Vm> {
    let mut vms = BTreeMap::new();
    for (i, (name, draft)) in spec.vms.iter().enumerate() {
        let Some(network) = networks.get(&draft.network) else {
            continue;
        };
        let offset = FIRST_VM + u32::try_from(i).expect("a file holds fewer VMs than that");
        let address = u32::from(network.nodes.network())
            .checked_add(offset)
            .map(Into::into);
        match address.filter(|address| network.nodes.contains(address)) {
            Some(address) => {
                let locality = draft.locality.clone().unwrap_or_default();
                let vm = vm(draft.network.clone(), address, locality);
                vms.insert(name.clone(), vm);
            }
            None => findings.value(
                &path.key("vms").key(name),
                format!(
                    "network '{}' has no address left for '{name}'",
                    draft.network
                ),
                "widen its 'nodeCIDR', or leave it out",
            ),
        }
    }
    vms
}

fn vm(network: NetworkName, address: std::net::Ipv4Addr, locality: Locality) -> Vm {
    Vm {
        network,
        address,
        locality,
    }
}

fn links(spec: &TopologySpec, path: &FieldPath, findings: &mut Findings) -> Vec<Link> {
    let mut seen = BTreeSet::new();
    let mut links = Vec::new();
    for (i, draft) in spec.links.iter().enumerate() {
        let link = link(draft);
        if !seen.insert(link.between.clone()) {
            findings.value(
                &path.key("links").index(i).key("between"),
                format!(
                    "the link between '{}' and '{}' is given twice",
                    link.between.0, link.between.1
                ),
                "merge the two entries",
            );
        }
        links.push(link);
    }
    links
}

fn link(draft: &LinkDraft) -> Link {
    let [a, b] = draft.between.clone();
    Link {
        between: if a <= b { (a, b) } else { (b, a) },
        latency: draft.latency.map(|l| l.as_duration()).unwrap_or_default(),
        loss_ppm: draft.loss.ppm(),
        bandwidth: draft.bandwidth.map(|b| b.bits_per_second()),
    }
}

/// A range with the field it comes from.
struct Owned<'a> {
    range: Ipv4Net,
    at: FieldPath,
    what: String,
    cluster: Option<&'a ClusterName>,
}

fn check_overlaps(
    spec: &TopologySpec,
    clusters: &BTreeMap<ClusterName, Cluster>,
    networks: &BTreeMap<NetworkName, Network>,
    path: &FieldPath,
    findings: &mut Findings,
) {
    let owned = owned(spec, clusters, networks, path);
    for (i, later) in owned.iter().enumerate() {
        let earlier = owned[..i].iter().find(|earlier| {
            overlap(&earlier.range, &later.range) && !is_intended(spec, earlier, later)
        });
        if let Some(earlier) = earlier {
            findings.value(
                &later.at,
                format!("{} overlap with {}", later.what, earlier.what),
                overlap_remedy(spec, earlier, later),
            );
        }
    }
}

fn owned<'a>(
    spec: &TopologySpec,
    clusters: &'a BTreeMap<ClusterName, Cluster>,
    networks: &BTreeMap<NetworkName, Network>,
    path: &FieldPath,
) -> Vec<Owned<'a>> {
    let mut owned = Vec::new();
    for (name, network) in networks {
        owned.push(Owned {
            range: network.nodes,
            at: path.key("networks").key(name).key("nodeCIDR"),
            what: format!("the nodes of network '{name}' ({})", network.nodes),
            cluster: None,
        });
    }
    for (name, cluster) in clusters {
        let at = path.key("clusters").key(name);
        let field = |given: bool, field: &str| if given { at.key(field) } else { at.clone() };
        let draft = &spec.clusters[name];
        owned.push(Owned {
            range: cluster.pods,
            at: field(draft.pod_cidr.is_some(), "podCIDR"),
            what: format!("the pods of '{name}' ({})", cluster.pods),
            cluster: Some(name),
        });
        owned.push(Owned {
            range: cluster.services,
            at: field(draft.service_cidr.is_some(), "serviceCIDR"),
            what: format!("the Services of '{name}' ({})", cluster.services),
            cluster: Some(name),
        });
    }
    owned
}

/// Two clusters in different networks may share ranges if one of them says so.
fn is_intended(spec: &TopologySpec, a: &Owned<'_>, b: &Owned<'_>) -> bool {
    let (Some(a), Some(b)) = (a.cluster, b.cluster) else {
        return false;
    };
    let (a, b) = (&spec.clusters[a], &spec.clusters[b]);
    a.network != b.network && (a.overlap.is_some() || b.overlap.is_some())
}

fn overlap_remedy(spec: &TopologySpec, a: &Owned<'_>, b: &Owned<'_>) -> String {
    match (a.cluster, b.cluster) {
        (Some(a), Some(b)) if spec.clusters[a].network != spec.clusters[b].network => {
            format!("choose another range, or write 'overlap: intended' on '{b}'")
        }
        _ => "choose another range, or leave it out and let it be planned".to_owned(),
    }
}
