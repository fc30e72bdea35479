//! What a proxy knows of a service, as its admin port tells it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use istio::{
    endpoint::{Endpoint, Host, Reached, Selection, select::Purpose},
    routing::ClusterKey,
};
use world::{KnownEndpoints, KnownHost, LeftOut, Told};

use super::{Proxy, policy};

impl Proxy {
    /// The endpoints of the service that the workload calls by `host` and `port`, as the last push
    /// has them.
    pub fn endpoints(&self, host: &str, port: u16) -> KnownEndpoints {
        let Some(view) = self.view() else {
            return KnownEndpoints::NoProxy;
        };
        let Some(service) = view.named(&host.into(), port) else {
            return KnownEndpoints::NoService;
        };
        let key = ClusterKey::outbound(port, "", Arc::clone(&service.host));
        match policy::of(&view, &self.about, Purpose::Outbound, &key) {
            Some((_, selection)) => {
                let known = view.snapshot().endpoints.of(&service.host);
                let all = known.map_or(&[][..], |known| &known.endpoints);
                let Some(port) = service.port(port) else {
                    return KnownEndpoints::NoService;
                };
                KnownEndpoints::Told(told(&selection, all, &port.name))
            }
            None => KnownEndpoints::NoService,
        }
    }
}

fn told(selection: &Selection, all: &[Endpoint], port_name: &str) -> Told {
    let groups = &selection.groups;
    let hosts = groups.iter().flat_map(|group| {
        let known = |host: &Arc<Host>| known_host(host, group.priority, all);
        group.hosts.iter().map(known)
    });
    let left_out = selection.left_out.iter().filter_map(|left| {
        let endpoint = endpoint(all, left.endpoint)?;
        // Endpoints of other ports are no part of the question.
        (*endpoint.port_name == *port_name).then(|| LeftOut {
            address: format!("{}:{}", endpoint.address, endpoint.port),
            cluster: endpoint.cluster.to_string(),
            because: left.because.clone(),
        })
    });
    Told {
        hosts: hosts.collect(),
        behind: behind(selection, all),
        left_out: left_out.collect(),
    }
}

fn known_host(host: &Host, priority: u32, all: &[Endpoint]) -> KnownHost {
    KnownHost {
        address: format!("{}:{}", host.address, host.port),
        cluster: match &host.reached {
            Reached::Directly(index) => {
                endpoint(all, *index).map_or_else(String::new, |one| one.cluster.to_string())
            }
            Reached::Through { cluster, .. } => cluster.to_string(),
        },
        healthy: host.healthy,
        priority,
        gateway_of: match &host.reached {
            Reached::Directly(_) => None,
            Reached::Through { network, .. } => Some(network.to_string()),
        },
    }
}

/// How many endpoints of each cluster are reached by any of the hosts.
fn behind(selection: &Selection, all: &[Endpoint]) -> BTreeMap<String, u32> {
    let hosts = selection.groups.iter().flat_map(|group| &group.hosts);
    let reached: BTreeSet<u32> = hosts
        .flat_map(|host| match &host.reached {
            Reached::Directly(index) => vec![*index],
            Reached::Through { stands_for, .. } => stands_for.clone(),
        })
        .collect();
    let mut count = BTreeMap::new();
    for endpoint in reached.into_iter().filter_map(|index| endpoint(all, index)) {
        *count.entry(endpoint.cluster.to_string()).or_default() += 1;
    }
    count
}

fn endpoint(all: &[Endpoint], index: u32) -> Option<&Endpoint> {
    all.get(usize::try_from(index).ok()?)
}
