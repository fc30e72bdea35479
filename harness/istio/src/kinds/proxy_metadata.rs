//! Names in a proxy's `proxyMetadata`: the environment of its agent, and what it tells istiod.

use super::{
    ProxyConfig,
    problem::{Fault, Problem},
};

/// Names that rules or the simulator read.
///
/// Source: pilot/cmd/pilot-agent/options/options.go and pkg/model/proxy.go of Istio 1.32-dev.
const READ: &[&str] = &[
    "CA_ROOT_CA",
    "EXIT_ON_ZERO_ACTIVE_CONNECTIONS",
    "ISTIO_META_AUTO_REGISTER_GROUP",
    "ISTIO_META_CLUSTER_ID",
    "ISTIO_META_DNS_AUTO_ALLOCATE",
    "ISTIO_META_DNS_CAPTURE",
    "ISTIO_META_MESH_ID",
    "ISTIO_META_NETWORK",
    "ISTIO_META_REQUESTED_NETWORK_VIEW",
    "ISTIO_META_TLS_CLIENT_CERT_CHAIN",
    "ISTIO_META_TLS_CLIENT_KEY",
    "ISTIO_META_TLS_CLIENT_ROOT_CERT",
    "ISTIO_META_TLS_SERVER_CERT_CHAIN",
    "ISTIO_META_TLS_SERVER_KEY",
    "ISTIO_META_TLS_SERVER_ROOT_CERT",
    "ISTIO_META_WORKLOAD_NAME",
    "MINIMUM_DRAIN_DURATION",
    "SECRET_GRACE_PERIOD_RATIO",
    "SECRET_GRACE_PERIOD_RATIO_JITTER",
    "SECRET_TTL",
    "XDS_ROOT_CA",
];

/// Every name in the metadata of `config`, which stands at `path`, that is not modelled. The agent
/// takes any name of its environment there, so one that is not known here may change anything.
pub(super) fn problems(config: &ProxyConfig, path: &str) -> Vec<Problem> {
    let strange = config
        .proxy_metadata
        .keys()
        .filter(|name| !READ.contains(&name.as_str()));
    let problem = |name| Problem {
        path: format!("{path}proxyMetadata.{name}"),
        fault: Fault::Unmodelled,
    };
    strange.map(problem).collect()
}
