//! PeerAuthentication: whether a server asks for mutual TLS.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::MatchLabels;

/// What servers ask of their peers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct PeerAuthentication {
    /// The workloads it is for; unset is the whole namespace, or the mesh in the root namespace.
    pub selector: Option<MatchLabels>,
    /// For all ports; unset is inherited.
    pub mtls: Option<MutualTls>,
    /// For single workload ports; read only with a selector.
    pub port_level_mtls: BTreeMap<u16, MutualTls>,
}

/// Whether mutual TLS is asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct MutualTls {
    /// The mode.
    pub mode: MtlsMode,
}

/// What a server accepts.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MtlsMode {
    /// As the next wider policy says; permissive if none does.
    #[default]
    Unset,
    /// Plaintext only.
    Disable,
    /// Both.
    Permissive,
    /// Mutual TLS only.
    Strict,
}
