//! Checks and traffic as they are written.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use world::{ClusterName, VersionReq};

use crate::term::{OneOrMany, Percent, Period, Rate};

/// A check: one question, and when its answer counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct CheckDraft {
    /// What it claims; canaries refer to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 120))]
    pub name: Option<String>,
    /// Eventually: how long it may take until the check holds. At once if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Period>,
    /// Throughout: how long the check must then hold without a break.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holds: Option<Period>,
    /// How many times in a row the check must hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10000))]
    pub in_a_row: Option<u32>,
    /// The condition under which the check applies, for behaviour that differs by version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<WhenDraft>,
    /// What is asked.
    #[serde(flatten)]
    pub kind: CheckKindDraft,
}

/// When a check applies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WhenDraft {
    /// The Istio versions for which it applies, for example `">=1.30.4"`.
    pub istio: VersionReq,
}

/// What a check asks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum CheckKindDraft {
    /// The call is answered, by whom it should be.
    Reachable(ReachableDraft),
    /// The call is refused, the way it should be.
    Refused(RefusedDraft),
    /// The answers are shared out as they should be.
    Share(ShareDraft),
    /// The server sees mutual TLS with this peer.
    Mtls(MtlsDraft),
    /// A name resolves, or does not.
    Dns(DnsDraft),
    /// Every control plane, gateway, workload and VM is ready. An implied check after the
    /// installation.
    Ready(InDraft),
    /// So many pods of a workload are ready.
    Pods(PodsDraft),
    /// Every control plane has synced every cluster it discovers.
    Synced(InDraft),
    /// The endpoints a proxy knows.
    Endpoints(EndpointsDraft),
    /// Traffic has kept within its budget so far.
    Budget(BudgetCheckDraft),
    /// Traffic moved to other clusters in time.
    Failover(FailoverDraft),
}

/// Who calls what, and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CallDraft {
    /// The clients: `sleep@cluster1`, `sleep@*`, `vm:legacy` or `outside`.
    pub from: OneOrMany<String>,
    /// The target: `host:port`, `gateway:NAME@CLUSTER:port` or `pod:WORKLOAD@CLUSTER:port`.
    pub to: String,
    /// The protocol.
    #[serde(default)]
    pub protocol: ProtocolDraft,
    /// The HTTP method.
    #[serde(default = "get")]
    #[schemars(regex(pattern = "^[A-Z]{3,10}$"))]
    pub method: String,
    /// The HTTP path.
    #[serde(default = "hello")]
    #[schemars(regex(pattern = "^/[^ ]*$"))]
    pub path: String,
    /// HTTP headers; `host` is the authority.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Whether the client opens a connection for every call.
    #[serde(default)]
    pub connection: ConnectionDraft,
    /// How long the client waits for an answer.
    #[serde(default = "five_seconds")]
    pub timeout: Period,
}

/// What the client speaks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ProtocolDraft {
    /// HTTP/1.1 in plaintext.
    #[default]
    Http,
    /// A TCP connection.
    Tcp,
}

/// How the client uses connections.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ConnectionDraft {
    /// A new connection for every call.
    #[default]
    Fresh,
    /// One connection for all of them.
    Kept,
}

/// Answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct ReachableDraft {
    /// The call.
    #[serde(flatten)]
    pub call: CallDraft,
    /// Who answers: `local` (the client's cluster and no other), or clusters and `vm:NAME`s: each
    /// of them, and nobody else. Anybody if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub served_by: Option<OneOrMany<String>>,
    /// The versions that answer: each of them, and no other. Any if left out.
    #[serde(default)]
    pub versions: OneOrMany<String>,
    /// Which way the calls take to other clusters; any if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<Via>,
    /// The HTTP status; any of 200 to 299 if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 100, max = 599))]
    pub status: Option<u16>,
}

/// The way into another cluster.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum Via {
    /// From pod to pod, through no gateway.
    Direct,
    /// Through the other network's east-west gateway and only there.
    EastWest,
    /// Through an ingress gateway.
    Ingress,
    /// Through an egress gateway.
    Egress,
}

/// Refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct RefusedDraft {
    /// The call.
    #[serde(flatten)]
    pub call: CallDraft,
    /// The way it is refused: `dns`, `refused`, `timeout`, `reset`, or `http-403` and the like;
    /// several if either will do.
    #[serde(rename = "as")]
    pub manners: OneOrMany<RefusalWord>,
    /// The rule that refuses it, where the engine has evidence of that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// The check that proves that the path was there: a `reachable` or `mtls` check, by name. Any
    /// such check with the same target if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub twin: Option<String>,
}

/// A way of being refused, as text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct RefusalWord(
    #[schemars(regex(pattern = "^(dns|refused|timeout|reset|http-[1-5][0-9]{2})$"))]
    #[schemars(description = "dns, refused, timeout, reset or http-403 and the like")]
    pub String,
);

/// Shared out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct ShareDraft {
    /// The call.
    #[serde(flatten)]
    pub call: CallDraft,
    /// What the answers are counted by.
    pub by: By,
    /// The expected shares in percent; they add up to 100.
    #[schemars(extend("minProperties" = 1))]
    pub expect: BTreeMap<String, Percent>,
    /// How far a share may be off, in percentage points.
    #[serde(default = "five_percent")]
    pub tolerance: Percent,
}

/// What answers are counted by.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum By {
    /// The answering cluster.
    Cluster,
    /// The answering version.
    Version,
    /// The answering pod: `WORKLOAD-VERSION@CLUSTER#N`.
    Pod,
}

/// Mutual TLS.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct MtlsDraft {
    /// The call.
    #[serde(flatten)]
    pub call: CallDraft,
    /// The identity that the server sees, for example `spiffe://cluster.local/ns/sample/sa/sleep`;
    /// that of the client if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = "^spiffe://[^/ ]+/ns/[^/ ]+/sa/[^/ ]+$"))]
    pub peer: Option<String>,
}

/// A name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DnsDraft {
    /// The clients, as in other checks.
    pub from: OneOrMany<String>,
    /// The name.
    #[schemars(regex(pattern = "^[a-zA-Z0-9*]([-a-zA-Z0-9.]*[a-zA-Z0-9])?$"))]
    pub host: String,
    /// What the resolver answers.
    pub answer: DnsAnswer,
}

/// What a resolver answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum DnsAnswer {
    /// An address.
    Address,
    /// That there is no such name.
    Nxdomain,
}

/// Where a check looks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InDraft {
    /// The clusters; all if left out.
    #[serde(default, rename = "in")]
    pub clusters: OneOrMany<ClusterName>,
}

/// Pods.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PodsDraft {
    /// The workload in a cluster, for example `helloworld@cluster1`.
    pub of: String,
    /// How many are ready.
    pub ready: u32,
}

/// Endpoints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EndpointsDraft {
    /// The proxies that are asked: `sleep@cluster1`, `sleep@*` or `vm:legacy`.
    pub seen_by: OneOrMany<String>,
    /// The service: `host:port`.
    pub of: String,
    /// How many pods of which cluster stand behind the endpoints it knows; clusters that are not
    /// named have none.
    pub behind: BTreeMap<ClusterName, u32>,
}

/// A budget so far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BudgetCheckDraft {
    /// The traffic, by name.
    pub of: String,
    /// The budget; the traffic's own if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<BudgetDraft>,
}

/// A failover in time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FailoverDraft {
    /// The traffic, by name.
    pub of: String,
    /// The fault it fails over after, by name.
    pub after: String,
    /// The clusters that serve afterwards, and nobody else.
    pub to: OneOrMany<ClusterName>,
    /// How long it may take from the fault to the first answer that is not followed by one from
    /// elsewhere.
    pub took: Period,
}

/// Continuous traffic.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct TrafficDraft {
    /// What it is called.
    #[schemars(length(min = 1, max = 120))]
    pub name: String,
    /// The call.
    #[serde(flatten)]
    pub call: CallDraft,
    /// How often each client calls.
    #[serde(default = "ten_per_second")]
    pub rate: Rate,
    /// What may go wrong until the scenario ends; nothing if left out.
    #[serde(default)]
    pub budget: BudgetDraft,
}

/// What may go wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BudgetDraft {
    /// The share of calls that may fail.
    #[serde(default)]
    pub failed: Percent,
    /// The longest time without an answer that is allowed; not judged if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gap: Option<Period>,
}

fn get() -> String {
    "GET".to_owned()
}

fn hello() -> String {
    "/hello".to_owned()
}

fn five_seconds() -> Period {
    Period::seconds(5)
}

fn five_percent() -> Percent {
    Percent::whole(5)
}

fn ten_per_second() -> Rate {
    Rate::per_second(10)
}
