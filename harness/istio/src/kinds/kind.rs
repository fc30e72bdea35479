//! Which kinds Istio has, and which of them are modelled.

use std::fmt;

/// A kind that is modelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Who may call a workload.
    AuthorizationPolicy,
    /// What clients do towards a host.
    DestinationRule,
    /// The ports that a proxy at the edge opens.
    Gateway,
    /// Whether a server asks for mutual TLS.
    PeerAuthentication,
    /// Hosts that Kubernetes does not know.
    ServiceEntry,
    /// What of the mesh a proxy knows.
    Sidecar,
    /// Where requests go.
    VirtualService,
    /// One workload outside Kubernetes.
    WorkloadEntry,
    /// The form of workloads that register themselves.
    WorkloadGroup,
}

/// What isthmus makes of an `apiVersion` and a `kind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// It is read.
    Modelled(Kind),
    /// Istio reads it; isthmus does not, for this reason.
    Unmodelled(&'static str),
    /// The kind is Istio's, but not at this version; these are served.
    UnknownVersion(&'static [&'static str]),
    /// It is none of Istio's kinds.
    Foreign,
}

const NETWORKING: &str = "networking.istio.io";
const SECURITY: &str = "security.istio.io";
const NETWORKING_VERSIONS: &[&str] = &["v1", "v1beta1", "v1alpha3"];
const SECURITY_VERSIONS: &[&str] = &["v1", "v1beta1"];

/// Kinds that change what Istio does and that isthmus refuses, with the group and the reason.
const UNMODELLED: &[(&str, &str, &str)] = &[
    (
        NETWORKING,
        "EnvoyFilter",
        "it rewrites Envoy's configuration below Istio's own rules",
    ),
    (
        NETWORKING,
        "ProxyConfig",
        "set the same through annotation proxy.istio.io/config or the mesh",
    ),
    (
        SECURITY,
        "RequestAuthentication",
        "tokens of end users are not modelled",
    ),
    (
        "extensions.istio.io",
        "WasmPlugin",
        "code inside Envoy cannot be foretold",
    ),
    (
        "extensions.istio.io",
        "TrafficExtension",
        "code inside Envoy cannot be foretold",
    ),
    (
        "telemetry.istio.io",
        "Telemetry",
        "metrics, traces and access logs are not modelled",
    ),
    (
        "install.istio.io",
        "IstioOperator",
        "write its values where the scenario names them",
    ),
];

/// Groups whose kinds Istio reads as another API.
const UNMODELLED_GROUPS: &[(&str, &str)] = &[
    (
        "gateway.networking.k8s.io",
        "the Kubernetes Gateway API is not modelled",
    ),
    (
        "gateway.networking.x-k8s.io",
        "the Kubernetes Gateway API is not modelled",
    ),
    (
        "inference.networking.k8s.io",
        "the Kubernetes Gateway API is not modelled",
    ),
    (
        "inference.networking.x-k8s.io",
        "the Kubernetes Gateway API is not modelled",
    ),
];

impl Kind {
    /// Every kind that is modelled.
    pub const ALL: &[Self] = &[
        Self::AuthorizationPolicy,
        Self::DestinationRule,
        Self::Gateway,
        Self::PeerAuthentication,
        Self::ServiceEntry,
        Self::Sidecar,
        Self::VirtualService,
        Self::WorkloadEntry,
        Self::WorkloadGroup,
    ];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AuthorizationPolicy => "AuthorizationPolicy",
            Self::DestinationRule => "DestinationRule",
            Self::Gateway => "Gateway",
            Self::PeerAuthentication => "PeerAuthentication",
            Self::ServiceEntry => "ServiceEntry",
            Self::Sidecar => "Sidecar",
            Self::VirtualService => "VirtualService",
            Self::WorkloadEntry => "WorkloadEntry",
            Self::WorkloadGroup => "WorkloadGroup",
        }
    }

    /// Its API group.
    pub const fn group(self) -> &'static str {
        match self {
            Self::AuthorizationPolicy | Self::PeerAuthentication => SECURITY,
            _ => NETWORKING,
        }
    }

    /// The versions at which it is served; all have the same fields.
    pub const fn versions(self) -> &'static [&'static str] {
        match self {
            Self::AuthorizationPolicy | Self::PeerAuthentication => SECURITY_VERSIONS,
            _ => NETWORKING_VERSIONS,
        }
    }

    /// What `api_version` and `kind` are to isthmus.
    pub fn find(api_version: &str, kind: &str) -> Found {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        let ours = |k: &&Self| k.group() == group && k.name() == kind;
        if let Some(found) = Self::ALL.iter().find(ours) {
            return match found.versions().contains(&version) {
                true => Found::Modelled(*found),
                false => Found::UnknownVersion(found.versions()),
            };
        }
        let refused = UNMODELLED
            .iter()
            .find(|(g, k, _)| *g == group && *k == kind);
        let reason = refused.map(|(_, _, reason)| reason).or_else(|| {
            UNMODELLED_GROUPS
                .iter()
                .find(|(g, _)| *g == group)
                .map(|(_, reason)| reason)
        });
        reason.map_or(Found::Foreign, |reason| Found::Unmodelled(reason))
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_found_at_every_version_it_is_served_at() {
        for kind in Kind::ALL {
            for version in kind.versions() {
                let api_version = format!("{}/{version}", kind.group());
                assert_eq!(
                    Kind::find(&api_version, kind.name()),
                    Found::Modelled(*kind)
                );
            }
        }
    }

    #[test]
    fn a_version_that_is_not_served_is_named() {
        let found = Kind::find("security.istio.io/v1alpha3", "PeerAuthentication");
        assert_eq!(found, Found::UnknownVersion(SECURITY_VERSIONS));
    }

    #[test]
    fn a_kind_of_istio_that_is_not_modelled_is_told_from_a_foreign_one() {
        let found = |api_version, kind| Kind::find(api_version, kind);
        let filter = found("networking.istio.io/v1alpha3", "EnvoyFilter");
        assert!(matches!(filter, Found::Unmodelled(_)));
        let route = found("gateway.networking.k8s.io/v1", "HTTPRoute");
        assert!(matches!(route, Found::Unmodelled(_)));
        assert_eq!(found("apps/v1", "Deployment"), Found::Foreign);
        assert_eq!(found("v1", "Gateway"), Found::Foreign);
    }
}
