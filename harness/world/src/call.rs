//! What can be asked: a call from a client to a target.

use std::{collections::BTreeMap, fmt, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{ClusterName, NamespaceName, Text, VmName, WorkloadName};

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Client {
    /// A pod of a workload; any ready one.
    Pod {
        /// The cluster it runs in.
        cluster: ClusterName,
        /// Its namespace.
        namespace: NamespaceName,
        /// Its workload (the `app` label of its pods).
        workload: WorkloadName,
    },
    /// A process on a virtual machine.
    Vm(VmName),
    /// A client outside every cluster and mesh, which reaches load-balancer addresses only.
    Outside,
}

/// What is called: a host as the application writes it, or a gateway's address with a host header.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Target {
    /// A DNS name or an IPv4 address; short names are completed as the client's resolver does.
    pub host: Text,
    /// The TCP port.
    pub port: u16,
}

/// How the application speaks.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Protocol {
    /// One HTTP/1.1 request in plaintext, as an application behind a sidecar sends it.
    Http {
        /// The method, for example `GET`.
        method: Text,
        /// The path with its query, for example `/hello`.
        path: Text,
        /// Request headers beyond the ordinary ones; `host` overrides the authority.
        headers: BTreeMap<String, String>,
    },
    /// A TCP connection on which the server's first bytes are awaited.
    Tcp,
}

/// Whether calls of one batch share a client connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Connection {
    /// A new connection for every call.
    Fresh,
    /// One connection kept alive as long as the server allows.
    Kept,
}

/// One question to the mesh.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// Who calls.
    pub from: Client,
    /// What is called.
    pub to: Target,
    /// How the application speaks.
    pub protocol: Protocol,
    /// Whether the client's connection is new.
    pub connection: Connection,
    /// How long the client waits for an answer before it says `timeout`.
    pub timeout: Duration,
}

impl Protocol {
    /// A plain `GET` of `path`.
    pub fn get(path: impl Into<Text>) -> Self {
        Self::Http {
            method: "GET".into(),
            path: path.into(),
            headers: BTreeMap::new(),
        }
    }
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pod {
                cluster,
                namespace,
                workload,
            } => {
                write!(f, "{workload}.{namespace}@{cluster}")
            }
            Self::Vm(vm) => write!(f, "vm:{vm}"),
            Self::Outside => f.write_str("outside"),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.protocol {
            Protocol::Http { method, path, .. } => {
                write!(f, "{} → {method} http://{}{path}", self.from, self.to)
            }
            Protocol::Tcp => write!(f, "{} → tcp://{}", self.from, self.to),
        }
    }
}
