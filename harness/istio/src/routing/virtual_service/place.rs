//! Where a route applies: for which callers, gateways and ports.

use crate::kinds::selector::Labels;

/// Who calls, as far as routes ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller<'a> {
    /// The namespace of the calling workload.
    pub namespace: &'a str,
    /// Its labels.
    pub labels: &'a Labels,
    /// The gateway that routes, as `namespace/name`, or `mesh` for a sidecar.
    pub gateway: &'a str,
}

/// What both requests and connections are asked for.
#[derive(Debug, Clone)]
pub(super) struct Where {
    pub(super) port: Option<u16>,
    pub(super) source_labels: Labels,
    pub(super) source_namespace: Option<String>,
    pub(super) gateways: Vec<String>,
}

impl Where {
    /// Whether the route applies to a call on a service port.
    pub(super) fn takes(&self, caller: Caller<'_>, port: u16) -> bool {
        let labelled = |(key, value): (&String, &String)| caller.labels.get(key) == Some(value);
        self.port.is_none_or(|wanted| wanted == port)
            && self
                .source_namespace
                .as_deref()
                .is_none_or(|wanted| wanted == caller.namespace)
            && self.source_labels.iter().all(labelled)
            && (self.gateways.is_empty() || self.gateways.iter().any(|g| g == caller.gateway))
    }
}
