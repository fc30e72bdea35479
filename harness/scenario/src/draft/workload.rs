//! Workloads as they are written.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use world::{ClusterName, Locality, NamespaceName};

use crate::{
    name::{RevisionName, ServiceAccountName},
    term::OneOrMany,
};

/// The sample applications, as in Istio's samples.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum App {
    /// A client with `curl`.
    Sleep,
    /// A server on port 5000 whose `/hello` names the version and pod that answers.
    Helloworld,
}

/// A workload: Deployments, their Service and their service account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WorkloadDraft {
    /// Which sample it runs; may be left out if the workload is called like one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app: Option<App>,
    /// A file with Kubernetes objects, in place of a sample; relative to this file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifests: Option<String>,
    /// The port its Service listens on; that of the sample if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub port: Option<u16>,
    /// Its namespace.
    #[serde(default = "sample")]
    pub namespace: NamespaceName,
    /// Its service account; the workload's name if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_account: Option<ServiceAccountName>,
    /// How many pods per cluster and version.
    #[serde(default = "one")]
    #[schemars(range(min = 0, max = 1000))]
    pub replicas: u32,
    /// Where it runs: `all`, clusters, or versions by cluster.
    #[serde(rename = "in")]
    pub places: PlacesDraft,
    /// Whether its pods get a sidecar.
    #[serde(default = "yes")]
    pub inject: bool,
    /// What kind of Service it has.
    #[serde(default)]
    pub service: ServiceType,
    /// Clusters that have the Service but no pods.
    #[serde(default)]
    pub stub_in: Vec<ClusterName>,
    /// The revision or tag that injects its sidecars; the namespace's if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rev: Option<RevisionName>,
    /// The locality of the nodes its pods run on; any if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locality: Option<Locality>,
    /// Further labels of its pods.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// Annotations of its pods.
    #[serde(default)]
    pub annotations: BTreeMap<String, String>,
}

/// Where a workload runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum PlacesDraft {
    /// `all`, or clusters; version `v1` runs in each.
    Clusters(OneOrMany<ClusterName>),
    /// What runs in which cluster.
    ByCluster(BTreeMap<ClusterName, PlaceDraft>),
}

/// What runs in one cluster.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum PlaceDraft {
    /// The versions.
    Versions(OneOrMany<String>),
    /// The versions with what is different here.
    Detailed(PlaceDetails),
}

/// What runs in one cluster, where it is different from elsewhere.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlaceDetails {
    /// The versions; `v1` if left out.
    #[serde(default)]
    pub versions: OneOrMany<String>,
    /// How many pods per version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 1000))]
    pub replicas: Option<u32>,
    /// The locality of the nodes its pods run on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locality: Option<Locality>,
    /// The revision or tag that injects its sidecars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rev: Option<RevisionName>,
}

/// The kind of a workload's Service.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum ServiceType {
    /// With an address of its own.
    #[default]
    #[serde(rename = "clusterIP")]
    ClusterIp,
    /// Without one: its name resolves to the pods.
    Headless,
    /// No Service.
    None,
}

fn sample() -> NamespaceName {
    NamespaceName::new("sample").expect("a DNS label")
}

fn one() -> u32 {
    1
}

fn yes() -> bool {
    true
}
