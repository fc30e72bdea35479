//! What the filter chains of AUTO_PASSTHROUGH servers need to know of services.

use std::sync::Arc;

use istio::{
    kinds::port::Protocol,
    routing::{GatewayService, cluster_name::host_of},
};

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
    /// The service that a server name can lead to. A name that is not taken apart, because something
    /// in it holds the separator, may lead to any of them.
    pub(super) fn named(view: &'a View, namespace: &str, sni: &str) -> Self {
        let one = |service: &'a Arc<Service>| OneKnown::new(view, namespace, service);
        match host_of(sni).value {
            "" => Self(view.services().map(one).collect()),
            host => Self(view.service(host).map(one).into_iter().collect()),
        }
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

impl<'a> OneKnown<'a> {
    fn new(view: &View, namespace: &str, service: &'a Service) -> Self {
        let rules = &view.snapshot().config.destination_rules;
        let client = (namespace, view.labels());
        let rule = rules.for_workload(client, &service.namespace, &service.host);
        let subsets = rule.value.iter().flat_map(|rule| &rule.spec.subsets);
        let ports = service.ports.iter();
        Self {
            service,
            ports: ports.map(|port| (port.number, port.protocol)).collect(),
            subsets: subsets.map(|subset| subset.name.clone()).collect(),
        }
    }
}
