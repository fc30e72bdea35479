//! The services and endpoints of all clusters together, kept from one snapshot to the next: only hosts
//! of which a cluster says something new are put together again, so that a change costs what it
//! touches and not what there is.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use istio::{
    ClusterId,
    endpoint::{Endpoint, Index},
    kinds::{Object, ServiceEntry},
};

use super::registry::{
    Registry,
    allocate::Allocated,
    entry::{self, Terms, Workload},
    merge,
};
use crate::snapshot::{ControlPlane, Mesh, Service, Services};

/// What services and endpoints are put together from.
#[derive(Clone, Copy)]
pub(crate) struct Parts<'a> {
    /// The clusters, in the order in which the control plane holds them.
    pub(crate) registries: &'a [Arc<Registry>],
    pub(crate) entries: &'a [Object<ServiceEntry>],
    pub(crate) workloads: &'a [Workload],
    pub(crate) mesh: &'a Arc<Mesh>,
    pub(crate) plane: &'a ControlPlane,
}

/// All services and endpoints, as they were put together last.
#[derive(Default)]
pub(crate) struct Joined {
    index: Index,
    /// Every host that the index was ever told of.
    hosts: BTreeSet<Arc<str>>,
    /// Of Kubernetes alone, by host.
    services: BTreeMap<Arc<str>, Arc<Service>>,
    last: Option<Last>,
}

/// What the last result was made from, and the result.
struct Last {
    registries: Vec<Arc<Registry>>,
    mesh: Arc<Mesh>,
    known: (Arc<Services>, Arc<Index>),
}

impl Parts<'_> {
    /// Whether anything but clusters says something of hosts.
    fn is_written(&self) -> bool {
        !self.entries.is_empty() || !self.workloads.is_empty()
    }

    fn config_cluster(&self) -> &ClusterId {
        &self.plane.cluster
    }

    fn terms(&self) -> Terms<'_> {
        Terms {
            mesh: self.mesh,
            mechanisms: &self.plane.mechanisms,
        }
    }
}

impl Joined {
    /// All services and endpoints; those of before if nothing has changed.
    pub(crate) fn join(&mut self, parts: Parts<'_>) -> (Arc<Services>, Arc<Index>) {
        let last = self.last.take().filter(|_| !parts.is_written());
        let dirty = last.as_ref().and_then(|last| last.differing(parts));
        let known = match (last, dirty) {
            (Some(last), Some(dirty)) if dirty.is_empty() => last.known,
            (Some(last), Some(dirty)) => {
                last.gone(parts).for_each(|id| self.index.forget(id));
                dirty.iter().for_each(|host| self.renew(host, parts));
                self.known(parts)
            }
            (_, _) => {
                self.begin(parts);
                self.known(parts)
            }
        };
        // What ServiceEntries and WorkloadEntries add is not told apart from what clusters say.
        self.last = (!parts.is_written()).then(|| Last {
            registries: parts.registries.to_vec(),
            mesh: Arc::clone(parts.mesh),
            known: known.clone(),
        });
        known
    }

    /// Puts one host together again.
    fn renew(&mut self, host: &Arc<str>, parts: Parts<'_>) {
        let now = parts.registries.iter().map(|registry| {
            let endpoints = registry.endpoints.get(host).cloned();
            (registry.cluster.clone(), endpoints.unwrap_or_default())
        });
        self.index.update_many(host, now);
        self.hosts.insert(Arc::clone(host));
        let objects = merge::of_host(host, parts.registries);
        match merge::service(host, &objects, &self.index, parts.mesh) {
            Some(service) => self.services.insert(Arc::clone(host), Arc::new(service)),
            None => self.services.remove(host),
        };
    }

    /// Puts everything together, whatever was known before.
    fn begin(&mut self, parts: Parts<'_>) {
        self.take_in(found(parts));
        let hosts = merge::hosts(parts.registries).into_iter();
        let services = hosts.filter_map(|(host, objects)| {
            let service = merge::service(host, &objects, &self.index, parts.mesh)?;
            Some((Arc::clone(host), Arc::new(service)))
        });
        self.services = services.collect();
    }

    /// Brings the index up to date; a host or cluster that nothing names any more has no endpoints.
    fn take_in(&mut self, mut found: Found) {
        for host in std::mem::take(&mut self.hosts) {
            let known = self
                .index
                .of(&host)
                .map(|known| Arc::clone(&known.endpoints));
            let shards = found.entry(host).or_default();
            for endpoint in known.iter().flat_map(|endpoints| endpoints.iter()) {
                shards.entry(endpoint.cluster.clone()).or_default();
            }
        }
        for (host, shards) in found {
            self.index.update_many(&host, shards);
            self.hosts.insert(host);
        }
    }

    fn known(&self, parts: Parts<'_>) -> (Arc<Services>, Arc<Index>) {
        let allocated = Allocated::to(parts.entries);
        let (cluster, mesh) = (parts.config_cluster(), parts.mesh);
        let of = |one| entry::services(one, cluster, &allocated, mesh);
        let written = parts.entries.iter().flat_map(of).map(Arc::new);
        let services = Services::new(self.services.values().cloned().chain(written));
        (Arc::new(services), Arc::new(self.index.clone()))
    }
}

impl Last {
    /// The hosts that are others now; `None` if everything may be.
    fn differing(&self, parts: Parts<'_>) -> Option<BTreeSet<Arc<str>>> {
        let (before, now) = (&self.registries[..], parts.registries);
        if !Arc::ptr_eq(&self.mesh, parts.mesh) || !same_order(before, now) {
            return None;
        }
        let (before, now) = (by_cluster(before), by_cluster(now));
        let nothing = Registry::default();
        let ids: BTreeSet<&ClusterId> = before.keys().chain(now.keys()).copied().collect();
        let mut hosts = BTreeSet::new();
        for id in ids {
            let before = before.get(id).copied().unwrap_or(&nothing);
            let now = now.get(id).copied().unwrap_or(&nothing);
            if !std::ptr::eq(before, now) {
                hosts.extend(now.differing(before).cloned());
            }
        }
        Some(hosts)
    }

    /// The clusters that are no part any more.
    fn gone<'a>(&'a self, parts: Parts<'a>) -> impl Iterator<Item = &'a ClusterId> {
        let now = by_cluster(parts.registries);
        let before = self.registries.iter().map(|registry| &registry.cluster);
        before.filter(move |id| !now.contains_key(id))
    }
}

fn by_cluster(registries: &[Arc<Registry>]) -> BTreeMap<&ClusterId, &Registry> {
    let all = registries.iter().map(|registry| &**registry);
    all.map(|registry| (&registry.cluster, registry)).collect()
}

/// Whether the registries that were there before and still are stand in the order of before: the
/// first one that has a host defines its service.
fn same_order(before: &[Arc<Registry>], now: &[Arc<Registry>]) -> bool {
    let ids = |all: &[Arc<Registry>]| -> Vec<ClusterId> {
        all.iter().map(|one| one.cluster.clone()).collect()
    };
    let (before, now) = (ids(before), ids(now));
    let (old, new): (BTreeSet<_>, BTreeSet<_>) = (before.iter().collect(), now.iter().collect());
    let kept = before.iter().filter(|id| new.contains(id));
    kept.eq(now.iter().filter(|id| old.contains(id)))
}

/// Endpoints by host and cluster.
type Found = BTreeMap<Arc<str>, BTreeMap<ClusterId, Arc<[Endpoint]>>>;

/// What clusters, ServiceEntries and WorkloadEntries say.
fn found(parts: Parts<'_>) -> Found {
    let config_cluster = parts.config_cluster();
    let mut found = Found::new();
    for registry in parts.registries {
        let is_config = registry.cluster == *config_cluster;
        for (host, endpoints) in &registry.endpoints {
            let endpoints = match is_config && !parts.workloads.is_empty() {
                true => with_workloads(registry, host, parts),
                false => Arc::clone(endpoints),
            };
            let of_host = found.entry(Arc::clone(host)).or_default();
            of_host.insert(registry.cluster.clone(), endpoints);
        }
    }
    for object in parts.entries {
        let endpoints = entry::endpoints(object, parts.workloads, config_cluster, parts.terms());
        for host in &object.spec.hosts {
            let of_host = found.entry(host.as_str().into()).or_default();
            let of_cluster = of_host.entry(config_cluster.clone()).or_default();
            *of_cluster = of_cluster.iter().chain(&endpoints).cloned().collect();
        }
    }
    found
}

/// The endpoints of a Service with those that WorkloadEntries add to it.
fn with_workloads(registry: &Registry, host: &Arc<str>, parts: Parts<'_>) -> Arc<[Endpoint]> {
    let facts = &registry.services[host];
    let (service, targets) = (&facts.service, &facts.targets);
    let added = entry::of_service(service, targets, parts.workloads, parts.terms());
    registry.endpoints[host]
        .iter()
        .cloned()
        .chain(added)
        .collect()
}
