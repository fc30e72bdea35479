//! Checks: what must hold, and when.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    time::Duration,
};

use serde::Serialize;
use world::{Client, ClusterName, PeerIdentity, Refusal, VersionReq, VmName};

mod answer;
mod identity;
mod read;
mod refusal;

pub(super) use read::{Names, budget, derive};

use super::{Calls, Deployed};
use crate::{
    draft::{By, DnsAnswer, Via},
    term::Percent,
};

/// One claim about the mesh.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Check {
    /// What it claims; made up from its kind if none was written. Unique in the scenario.
    pub name: String,
    /// When it counts.
    pub timing: Timing,
    /// The Istio versions for which it applies; `None` for all.
    pub when: Option<VersionReq>,
    /// What it asks.
    pub kind: CheckKind,
}

/// When a check counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Timing {
    /// Eventually: how long it may take to come true; zero for at once.
    pub within: Duration,
    /// What it must do once it is true.
    pub then: Waiting,
}

/// What a check must do once it is true.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Waiting {
    /// Nothing more.
    Once,
    /// Stay true for so long.
    Holds(Duration),
    /// Be true so many times in a row.
    InARow(u32),
}

/// What a check asks.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum CheckKind {
    /// The call is answered, by whom it should be.
    Reachable {
        /// The calls.
        calls: Calls,
        /// Who answers.
        served_by: ServedBy,
        /// The versions that answer: each of them and no other; empty for any.
        versions: BTreeSet<String>,
        /// Which way calls take to other clusters.
        via: Option<Via>,
        /// The HTTP status; `None` for any of 200 to 299.
        status: Option<u16>,
    },
    /// The call is refused, the way it should be.
    Refused {
        /// The calls.
        calls: Calls,
        /// The ways that will do; never empty.
        manners: BTreeSet<Refusal>,
        /// The rule that refuses it, if that is part of the claim.
        because: Option<String>,
        /// The check that proves that the path was there.
        twin: String,
    },
    /// The answers are shared out as they should be.
    Share {
        /// The calls.
        calls: Calls,
        /// What answers are counted by.
        by: By,
        /// The expected shares; they add up to all.
        expect: BTreeMap<String, Percent>,
        /// How far a share may be off.
        tolerance: Percent,
    },
    /// The server sees mutual TLS.
    Mtls {
        /// The calls.
        calls: Calls,
        /// The identity it sees of each client, in the order of the clients.
        peers: Vec<PeerIdentity>,
    },
    /// A name resolves, or does not.
    Dns {
        /// The clients.
        from: Vec<Client>,
        /// The name.
        host: String,
        /// What the resolver answers.
        answer: DnsAnswer,
    },
    /// Everything is ready.
    Ready {
        /// The clusters.
        clusters: Vec<ClusterName>,
    },
    /// So many pods are ready.
    Pods {
        /// Whose.
        of: Deployed,
        /// How many.
        ready: u32,
    },
    /// The control planes of these clusters have synced every cluster they discover.
    Synced {
        /// The clusters.
        clusters: Vec<ClusterName>,
    },
    /// The endpoints that proxies know.
    Endpoints {
        /// The proxies.
        seen_by: Vec<Client>,
        /// The service's host.
        host: String,
        /// Its port.
        port: u16,
        /// How many pods of which cluster stand behind the endpoints; others have none.
        behind: BTreeMap<ClusterName, u32>,
    },
    /// Traffic has kept within a budget so far.
    Budget {
        /// The traffic, by name.
        of: String,
        /// The budget.
        budget: Budget,
    },
    /// Traffic moved to other clusters in time.
    Failover {
        /// The traffic, by name.
        of: String,
        /// The fault it fails over after, by name.
        after: String,
        /// The clusters that serve afterwards, and nobody else.
        to: BTreeSet<ClusterName>,
        /// How long it may take.
        took: Duration,
    },
}

/// Who answers a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum ServedBy {
    /// Anybody.
    Anybody,
    /// The client's own cluster and no other.
    Local,
    /// Each of these, and nobody else; never empty.
    Each(BTreeSet<Server>),
}

/// A place that answers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Server {
    /// Pods of a cluster.
    Cluster(ClusterName),
    /// A virtual machine.
    Vm(VmName),
}

/// What may go wrong with traffic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Budget {
    /// The share of calls that may fail.
    pub failed: Percent,
    /// The longest time without an answer; `None` is not judged.
    pub gap: Option<Duration>,
}

impl Check {
    /// The name of the check that every scenario implies after its installation.
    pub const READY: &str = "ready";

    /// The calls it makes, if it makes any.
    pub fn calls(&self) -> Option<&Calls> {
        match &self.kind {
            CheckKind::Reachable { calls, .. }
            | CheckKind::Refused { calls, .. }
            | CheckKind::Share { calls, .. }
            | CheckKind::Mtls { calls, .. } => Some(calls),
            CheckKind::Dns { .. }
            | CheckKind::Ready { .. }
            | CheckKind::Pods { .. }
            | CheckKind::Synced { .. }
            | CheckKind::Endpoints { .. }
            | CheckKind::Budget { .. }
            | CheckKind::Failover { .. } => None,
        }
    }

    /// Whether an answer to it proves that a path is there.
    pub fn is_positive(&self) -> bool {
        matches!(
            self.kind,
            CheckKind::Reachable { .. } | CheckKind::Mtls { .. } | CheckKind::Share { .. }
        )
    }
}

impl CheckKind {
    /// The word it is written with.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Reachable { .. } => "reachable",
            Self::Refused { .. } => "refused",
            Self::Share { .. } => "share",
            Self::Mtls { .. } => "mtls",
            Self::Dns { .. } => "dns",
            Self::Ready { .. } => "ready",
            Self::Pods { .. } => "pods",
            Self::Synced { .. } => "synced",
            Self::Endpoints { .. } => "endpoints",
            Self::Budget { .. } => "budget",
            Self::Failover { .. } => "failover",
        }
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cluster(cluster) => cluster.fmt(f),
            Self::Vm(vm) => write!(f, "vm:{vm}"),
        }
    }
}
