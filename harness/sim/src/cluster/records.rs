//! What a cluster's DNS knows: its Services and their endpoints.

use std::{collections::BTreeSet, net::Ipv4Addr};

use k8s_openapi::api::{core::v1::Service, discovery::v1::Endpoint};

use super::{Key, Tables, View, proxy};
use crate::net::dns::{Record, Records};

impl Records for View {
    fn service(&self, namespace: &str, name: &str) -> Option<Record> {
        self.read(|tables| {
            let service = tables.services.get(&Key::new(namespace, name))?;
            let spec = service.spec.as_ref()?;
            if let Some(other) = &spec.external_name {
                return Some(Record::Alias(other.clone()));
            }
            match spec.cluster_ip.as_deref() {
                Some("None") | None => {
                    Some(Record::Endpoints(addresses(service, tables, |_| true)))
                }
                Some(address) => address.parse().ok().map(Record::Address),
            }
        })
    }

    fn endpoint(&self, namespace: &str, service: &str, hostname: &str) -> Option<Ipv4Addr> {
        self.read(|tables| {
            let service = tables.services.get(&Key::new(namespace, service))?;
            let named = |endpoint: &Endpoint| endpoint.hostname.as_deref() == Some(hostname);
            addresses(service, tables, named).into_iter().next()
        })
    }
}

fn addresses(
    service: &Service,
    tables: &Tables,
    wanted: impl Fn(&Endpoint) -> bool,
) -> BTreeSet<Ipv4Addr> {
    let namespace = service.metadata.namespace.as_deref().unwrap_or_default();
    let slices = proxy::slices(service, tables.slices.within(namespace));
    let endpoints = slices
        .flat_map(|slice| slice.endpoints.iter().flatten())
        .filter(|endpoint| {
            let conditions = endpoint.conditions.as_ref();
            conditions.and_then(|conditions| conditions.ready) != Some(false) && wanted(endpoint)
        });
    let addresses = endpoints.flat_map(|endpoint| &endpoint.addresses);
    addresses.filter_map(|text| text.parse().ok()).collect()
}
