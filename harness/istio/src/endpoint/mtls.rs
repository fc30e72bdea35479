//! Whether a client reaches an endpoint by mutual TLS, as its control plane sees it.

use crate::{Decision, endpoint::rules};

/// What decides it for one endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MtlsFacts {
    /// Whether the client's DestinationRule states a TLS mode for the subset and service port,
    /// and whether that is ISTIO_MUTUAL.
    pub rule_is_istio_mutual: Option<bool>,
    /// Whether the endpoint has a sidecar: the label `security.istio.io/tlsMode: istio`.
    pub capable: bool,
    /// Whether PeerAuthentication, as the client's control plane knows it, turns mutual TLS off
    /// for the endpoint's own port.
    pub disabled_by_server: bool,
}

/// Whether the client reaches the endpoint by mutual TLS. Over a network boundary anything else
/// is invisible, because the gateway tells services apart by what TLS shows of them.
pub fn reached_by_mtls(facts: MtlsFacts) -> Decision<bool> {
    match facts {
        MtlsFacts {
            rule_is_istio_mutual: Some(mutual),
            ..
        } => Decision::new(mutual, rules::MTLS_BY_RULE),
        MtlsFacts { capable: false, .. } => Decision::new(false, rules::MTLS_NOT_CAPABLE),
        MtlsFacts {
            disabled_by_server, ..
        } => Decision::new(!disabled_by_server, rules::MTLS_BY_SERVER),
    }
}
