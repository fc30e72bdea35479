//! All clusters together: one service per host, as a control plane tells its proxies.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use istio::{
    ClusterId,
    endpoint::{Index, select::Scope},
    identity::expand_sans,
    service::{
        RegistryKind,
        merge::{Merged, Registered, merge},
        vip::ServiceAddresses,
    },
};

use super::{Registry, service::ClusterService};
use crate::snapshot::{Mesh, Service};

/// What registries say of one host, in the order in which the control plane holds them.
type Objects<'a> = Vec<(&'a ClusterId, &'a ClusterService)>;

/// Every host of registries, with what each says of it.
pub(crate) fn hosts(registries: &[Arc<Registry>]) -> BTreeMap<&Arc<str>, Objects<'_>> {
    let mut hosts: BTreeMap<&Arc<str>, Objects<'_>> = BTreeMap::new();
    for registry in registries {
        for (host, facts) in &registry.services {
            let objects = hosts.entry(host).or_default();
            objects.push((&registry.cluster, &facts.service));
        }
    }
    hosts
}

/// What registries say of one host.
pub(crate) fn of_host<'a>(host: &str, registries: &'a [Arc<Registry>]) -> Objects<'a> {
    let one = |registry: &'a Arc<Registry>| Some((&registry.cluster, registry.service(host)?));
    registries.iter().filter_map(one).collect()
}

/// The service of a host; `None` if no registry has it.
pub(crate) fn service(
    host: &Arc<str>,
    objects: &[(&ClusterId, &ClusterService)],
    index: &Index,
    mesh: &Mesh,
) -> Option<Service> {
    let accounts = accounts(host, index);
    let registered = |(cluster, service): &(&ClusterId, &ClusterService)| Registered {
        cluster: (*cluster).clone(),
        addresses: service.addresses.clone(),
        service_accounts: match accounts.get(*cluster) {
            Some(accounts) => accounts.iter().map(ToString::to_string).collect(),
            None => Vec::new(),
        },
    };
    let all: Vec<Registered> = objects.iter().map(registered).collect();
    let merged = merge(&all).value?;
    // The first registry that has the host defines it.
    let defining = objects[0].1;
    Some(Service {
        host: Arc::clone(host),
        name: defining.name.clone(),
        namespace: defining.namespace.clone(),
        kind: RegistryKind::Kubernetes,
        defined_by: merged.defined_by.clone(),
        created: defining.created,
        ports: defining.ports.clone(),
        resolution: defining.resolution.clone(),
        mesh_external: false,
        export_to: defining.export_to.clone(),
        service_accounts: names(&merged.service_accounts, mesh),
        scope: Scope {
            cluster_local: mesh.cluster_local.decide(host).value,
            node_local: defining.node_local,
            persistent_sessions: false,
        },
        distribution: defining.distribution,
        publish_not_ready: defining.publish_not_ready,
        clusters: objects
            .iter()
            .map(|(cluster, _)| (*cluster).clone())
            .collect(),
        labels: defining.labels.clone(),
        addresses: addresses(merged),
    })
}

fn addresses(merged: Merged) -> ServiceAddresses {
    ServiceAddresses {
        default: merged.default_address,
        cluster_vips: merged.cluster_vips,
        auto_v4: None,
        auto_v6: None,
    }
}

/// Identities under every name of the mesh's trust domain.
fn names(accounts: &[String], mesh: &Mesh) -> Vec<String> {
    let accounts = accounts.iter().cloned().collect();
    let expanded = expand_sans(&accounts, &mesh.domains.aliases).value;
    expanded.into_iter().collect()
}

/// The identities of a host's endpoints by cluster, each once, in order.
fn accounts<'a>(host: &str, index: &'a Index) -> BTreeMap<&'a ClusterId, BTreeSet<&'a str>> {
    let mut accounts: BTreeMap<&ClusterId, BTreeSet<&str>> = BTreeMap::new();
    let known = index.of(host).into_iter();
    for endpoint in known.flat_map(|known| known.endpoints.iter()) {
        if !endpoint.service_account.is_empty() {
            let of_cluster = accounts.entry(&endpoint.cluster).or_default();
            of_cluster.insert(&endpoint.service_account);
        }
    }
    accounts
}
