//! What the filter chains of AUTO_PASSTHROUGH servers need to know of services.

use std::sync::Arc;

use istio::{kinds::port::Protocol, routing::GatewayService};

use super::view::View;
use crate::snapshot::Service;

/// The services of a gateway's control plane.
pub(super) struct Known<'a>(Vec<OneKnown<'a>>);

struct OneKnown<'a> {
    service: &'a Service,
    ports: Vec<(u16, Protocol)>,
    subsets: Vec<String>,
}

impl<'a> Known<'a> {
    pub(super) fn new(view: &'a View, namespace: &str) -> Self {
        let rules = &view.snapshot().config.destination_rules;
        let one = |service: &'a Arc<Service>| {
            let client = (namespace, view.labels());
            let rule = rules.for_workload(client, &service.namespace, &service.host);
            let subsets = rule.value.iter().flat_map(|rule| &rule.spec.subsets);
            OneKnown {
                service,
                ports: service
                    .ports
                    .iter()
                    .map(|port| (port.number, port.protocol))
                    .collect(),
                subsets: subsets.map(|subset| subset.name.clone()).collect(),
            }
        };
        Self(view.services().map(one).collect())
    }

    pub(super) fn services(&self) -> Vec<GatewayService<'_>> {
        self.0
            .iter()
            .map(|known| GatewayService {
                host: &known.service.host,
                namespace: &known.service.namespace,
                ports: &known.ports,
                mesh_external: known.service.mesh_external,
                subsets: &known.subsets,
            })
            .collect()
    }
}
