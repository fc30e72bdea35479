//! A scenario as it is written.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use world::{Version, WorkloadName};

use super::{
    ApiVersion, CanaryDraft, ChangeDraft, CheckDraft, FaultDraft, Free, Metadata, TopologySpec,
    TrafficDraft, WorkloadDraft,
};
use crate::term::Period;

/// A scenario: what must hold on a topology, what breaks, what changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "Scenario")]
pub struct ScenarioDraft {
    /// The version of the language.
    pub api_version: ApiVersion,
    /// Always `Scenario`.
    pub kind: ScenarioKind,
    /// What it is called.
    pub metadata: Metadata,
    /// What happens and what must hold.
    pub spec: ScenarioSpec,
}

/// The kind of this document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ScenarioKind {
    /// A scenario.
    Scenario,
}

/// What happens and what must hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScenarioSpec {
    /// The written promises it checks.
    #[schemars(extend("minItems" = 1))]
    pub proves: Vec<PromiseDraft>,
    /// The engines it is meant for; every engine if left out.
    #[serde(default)]
    pub engines: Vec<EngineKind>,
    /// The topology: a name, a path relative to this file (ending in `.yaml`), or the
    /// specification itself. May be left out if the matrix lists topologies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topology: Option<TopologyRef>,
    /// What is different from the named topology: merged over its `spec`, key by key.
    #[serde(default)]
    pub overrides: Free,
    /// The workloads by name.
    #[serde(default)]
    pub workloads: BTreeMap<WorkloadName, WorkloadDraft>,
    /// What happens, in order.
    #[schemars(length(min = 1, max = 1000))]
    pub steps: Vec<StepDraft>,
    /// Deliberate violations that named checks must catch; each is run as a trial of its own.
    #[serde(default)]
    pub canaries: Vec<CanaryDraft>,
    /// Multiplies the scenario; each cell is a test of its own.
    #[serde(default)]
    pub matrix: MatrixDraft,
}

/// A written promise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PromiseDraft {
    /// What is promised, in a sentence.
    pub promise: String,
    /// Where it is written, for example a page of istio.io.
    #[schemars(regex(pattern = "^https://[^ ]+$"))]
    pub link: String,
}

/// The engines by name.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum EngineKind {
    /// In this process, in virtual time.
    Sim,
    /// Real Kubernetes in containers.
    Kind,
    /// Clusters that are there already.
    Existing,
}

/// Which topology a scenario runs on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum TopologyRef {
    /// The name of a topology, or a path to one that ends in `.yaml`.
    Named(String),
    /// The specification itself.
    Inline(Box<TopologySpec>),
}

/// What a scenario is multiplied by.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MatrixDraft {
    /// Istio versions, in place of the topology's.
    #[serde(default)]
    pub istio: Vec<Version>,
    /// Kubernetes versions, in place of the topology's.
    #[serde(default)]
    pub kubernetes: Vec<Version>,
    /// Topologies by name or path, in place of `topology`.
    #[serde(default)]
    pub topology: Vec<String>,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum StepDraft {
    /// Asks the mesh something and judges the answers.
    Check(CheckDraft),
    /// Starts continuous traffic, which goes on until the scenario ends.
    Traffic(TrafficDraft),
    /// Breaks something until it is healed or the scenario ends.
    Fault(FaultDraft),
    /// Heals the fault of this name.
    Heal(String),
    /// Lets time pass; hours need an engine with virtual time.
    Wait(Period),
    /// Changes something for good.
    #[serde(untagged)]
    Change(ChangeDraft),
}
