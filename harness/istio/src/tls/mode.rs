//! What a server asks for, once nothing is unset any more.

use std::{collections::BTreeMap, fmt};

use crate::kinds::peer_authentication::MtlsMode;

/// What a server accepts, from the laxest to the strictest with regard to identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ServerMode {
    /// Nobody looks for TLS.
    Disable,
    /// Plaintext and mutual TLS.
    Permissive,
    /// Mutual TLS only.
    Strict,
}

/// What a workload asks for on each of its ports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerModes {
    /// On every port without a word of its own.
    pub mode: ServerMode,
    /// On single workload ports.
    pub per_port: BTreeMap<u16, ServerMode>,
}

impl ServerMode {
    /// The mode that is written; `None` if it is unset.
    pub fn written(mode: MtlsMode) -> Option<Self> {
        match mode {
            MtlsMode::Unset => None,
            MtlsMode::Disable => Some(Self::Disable),
            MtlsMode::Permissive => Some(Self::Permissive),
            MtlsMode::Strict => Some(Self::Strict),
        }
    }
}

impl ServerModes {
    /// The same mode on every port.
    pub fn all(mode: ServerMode) -> Self {
        Self {
            mode,
            per_port: BTreeMap::new(),
        }
    }

    /// The mode on a workload port.
    pub fn on(&self, port: u16) -> ServerMode {
        self.per_port.get(&port).copied().unwrap_or(self.mode)
    }
}

impl fmt::Display for ServerMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Disable => "DISABLE",
            Self::Permissive => "PERMISSIVE",
            Self::Strict => "STRICT",
        })
    }
}
