//! What a mesh says of itself: what its control planes and its proxies know, and the reasons of one
//! call's way.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use crate::{ClusterName, Outcome, RuleId};

/// An istiod that runs, and how far it knows each cluster.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ControlPlane {
    /// The cluster it runs in.
    pub cluster: ClusterName,
    /// The namespace it runs in.
    pub namespace: String,
    /// Its pod.
    pub pod: String,
    /// The clusters it reads, the one with its configuration first.
    pub reads: Vec<ClusterSync>,
}

/// How far a control plane knows one cluster: a line of `istioctl remote-clusters`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClusterSync {
    /// The cluster's ID, as the control plane was told it.
    pub cluster: String,
    /// Whether everything of it has been read.
    pub synced: bool,
    /// Why not, if a reason is known.
    pub trouble: Option<String>,
}

/// What a client's proxy knows of one service port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum KnownEndpoints {
    /// The client has no proxy, or one that was told nothing yet.
    NoProxy,
    /// Its proxy sees no such service or port.
    NoService,
    /// Its proxy was told these endpoints; they may be none.
    Told(Told),
}

/// The endpoints of a service port that a proxy was told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Told {
    /// What it connects to.
    pub hosts: Vec<KnownHost>,
    /// How many pods and machines of which cluster stand behind the hosts, by the clusters' IDs; one
    /// that is behind several gateways counts once.
    pub behind: BTreeMap<String, u32>,
    /// The endpoints of which the control plane knows but which it does not tell this proxy.
    pub left_out: Vec<LeftOut>,
}

/// An address that a proxy connects to: of an endpoint, or of a gateway on the way to some.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KnownHost {
    /// Its address and port.
    pub address: String,
    /// The ID of the cluster that it stands in; empty for the address of a gateway that is written
    /// down without one.
    pub cluster: String,
    /// Whether it may be picked while others are healthy.
    pub healthy: bool,
    /// 0 is used first.
    pub priority: u32,
    /// The network of the endpoints, if this is the address of a gateway into it.
    pub gateway_of: Option<String>,
}

/// An endpoint that a proxy is not told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LeftOut {
    /// Its address and port.
    pub address: String,
    /// The ID of its cluster.
    pub cluster: String,
    /// The rule that leaves it out.
    pub because: RuleId,
}

/// The numbered path of one call with the rule behind each line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Why {
    /// What was decided, station by station.
    pub lines: Vec<Line>,
    /// What came of the call.
    pub outcome: Outcome,
}

/// One line of a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// What was decided.
    pub text: String,
    /// By which rule; `None` where the engine saw the effect but not the cause.
    pub rule: Option<RuleId>,
}

/// Something that was met in a run, could change an answer and is not modelled by the engine.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NotModelled {
    /// Who met it, for example `istiod of cluster1`.
    pub by: String,
    /// What it is, with the path of the field or the name of the variable.
    pub what: String,
}

impl fmt::Display for NotModelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: not modelled: {}", self.by, self.what)
    }
}

impl fmt::Display for Why {
    /// The numbered lines, each with its rule in brackets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, line) in (1..).zip(&self.lines) {
            write!(f, "{number:>3}. {}", line.text)?;
            if let Some(rule) = &line.rule {
                write!(f, "  [{rule}]")?;
            }
            writeln!(f)?;
        }
        match &self.outcome {
            Outcome::Answered(answer) => {
                write!(
                    f,
                    "answered by {}",
                    answer.pod.as_deref().unwrap_or("somebody")
                )?;
                match &answer.cluster {
                    Some(cluster) => write!(f, " in {cluster}"),
                    None => Ok(()),
                }
            }
            Outcome::Refused(refusal) => write!(f, "refused: {refusal}"),
        }
    }
}
