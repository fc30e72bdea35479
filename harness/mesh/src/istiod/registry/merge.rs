//! All clusters together: one service per host, as a control plane tells its proxies.

use std::{collections::BTreeMap, sync::Arc};

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

/// The services of registries, in the order in which the control plane holds them.
pub(crate) fn services(registries: &[Arc<Registry>], index: &Index, mesh: &Mesh) -> Vec<Service> {
    let mut hosts: BTreeMap<&Arc<str>, Vec<(&ClusterId, &ClusterService)>> = BTreeMap::new();
    for registry in registries {
        for (host, service) in &registry.services {
            hosts
                .entry(host)
                .or_default()
                .push((&registry.cluster, service));
        }
    }
    let merged = hosts
        .into_iter()
        .map(|(host, objects)| one(host, &objects, index, mesh));
    merged.collect()
}

fn one(
    host: &Arc<str>,
    objects: &[(&ClusterId, &ClusterService)],
    index: &Index,
    mesh: &Mesh,
) -> Service {
    let registered = |(cluster, service): &(&ClusterId, &ClusterService)| Registered {
        cluster: (*cluster).clone(),
        addresses: service.addresses.clone(),
        service_accounts: accounts(host, cluster, index),
    };
    let all: Vec<Registered> = objects.iter().map(registered).collect();
    let merged = merge(&all)
        .value
        .expect("a host is here because some cluster has it");
    // The first registry that has the host defines it.
    let defining = objects[0].1;
    Service {
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
    }
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

/// The identities of a host's endpoints in one cluster, each once, in order.
fn accounts(host: &str, cluster: &ClusterId, index: &Index) -> Vec<String> {
    let known = index.of(host).map(|known| Arc::clone(&known.endpoints));
    let mut accounts: Vec<String> = known
        .iter()
        .flat_map(|endpoints| endpoints.iter())
        .filter(|endpoint| endpoint.cluster == *cluster && !endpoint.service_account.is_empty())
        .map(|endpoint| endpoint.service_account.to_string())
        .collect();
    accounts.sort();
    accounts.dedup();
    accounts
}
