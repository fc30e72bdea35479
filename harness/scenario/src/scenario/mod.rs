//! A scenario that may be relied on: every name in it exists, every check can match something.
//!
//! Reading order: [`workload`] (who calls and answers), [`call`] (who calls whom), [`check`] (what
//! must hold), [`fault`] and [`change`] (what breaks and what changes), [`step`] (in which order),
//! [`canary`] (what must be caught), [`needs`] (what an engine must be able to do).

pub mod address;
pub mod call;
pub mod canary;
pub mod change;
pub mod check;
pub mod deployed;
pub mod fault;
mod needs;
mod scope;
pub mod step;
mod version;
pub mod workload;

use std::collections::{BTreeMap, BTreeSet};

use world::{Capabilities, WorkloadName};

pub use call::{Calls, Destination};
pub use canary::{Break, Canary};
pub use change::Change;
pub use check::{Budget, Check, CheckKind, ServedBy, Server, Timing, Waiting};
pub use deployed::Deployed;
pub use fault::{Fault, FaultKind};
pub use step::{Action, Step, Traffic};
pub use workload::{Place, Runs, Workload};

use crate::{
    Topology,
    draft::{EngineKind, PromiseDraft, ScenarioDraft},
    name::DocumentName,
    problem::{FieldPath, Findings},
};
use scope::Scope;

/// What must hold on a topology, what breaks, what changes: one cell of the matrix.
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    name: DocumentName,
    cell: Vec<(String, String)>,
    labels: BTreeMap<String, String>,
    description: String,
    proves: Vec<PromiseDraft>,
    engines: BTreeSet<EngineKind>,
    topology: Topology,
    workloads: BTreeMap<WorkloadName, Workload>,
    steps: Vec<Step>,
    canaries: Vec<Canary>,
}

/// What a scenario brings along from elsewhere: its topology, its cell and its files.
pub(crate) struct Setting<'a> {
    pub(crate) topology: Topology,
    pub(crate) cell: Vec<(String, String)>,
    /// Reads the objects of a file that the scenario names.
    pub(crate) objects: workload::Objects<'a>,
}

impl Scenario {
    /// Checks what a draft means in a setting; what is wrong is added to `findings`, and then there
    /// is no scenario.
    pub(crate) fn from_draft(
        draft: &ScenarioDraft,
        setting: Setting<'_>,
        findings: &mut Findings,
    ) -> Option<Self> {
        let before = findings.len();
        let spec = FieldPath::root().key("spec");
        let topology = setting.topology;
        let workloads = workload::derive(&draft.spec, &topology, setting.objects, &spec, findings);
        let mut scope = Scope::new(&topology, &workloads, setting.objects);
        scope.learn(&draft.spec);
        let steps = step::derive(&draft.spec, &mut scope, &spec, findings);
        let canaries = canary::derive(&draft.spec, &mut scope, &steps, &spec, findings);
        (findings.len() == before).then(|| Self {
            name: draft.metadata.name.clone(),
            cell: setting.cell,
            labels: draft.metadata.labels.clone(),
            description: draft.metadata.description.clone(),
            proves: draft.spec.proves.clone(),
            engines: engines(&draft.spec.engines),
            topology,
            workloads,
            steps,
            canaries,
        })
    }

    /// What its file is called.
    pub fn name(&self) -> &DocumentName {
        &self.name
    }

    /// The name of this cell as a test: `name`, or `name[istio=1.30.3]` with a matrix.
    pub fn title(&self) -> String {
        if self.cell.is_empty() {
            return self.name.to_string();
        }
        let axes: Vec<String> = self
            .cell
            .iter()
            .map(|(axis, value)| format!("{axis}={value}"))
            .collect();
        format!("{}[{}]", self.name, axes.join(","))
    }

    /// The axes of the matrix and this cell's value on each; empty without a matrix.
    pub fn cell(&self) -> &[(String, String)] {
        &self.cell
    }

    /// Its labels.
    pub fn labels(&self) -> &BTreeMap<String, String> {
        &self.labels
    }

    /// What it is about; may be empty.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// The written promises it checks; never empty.
    pub fn proves(&self) -> &[PromiseDraft] {
        &self.proves
    }

    /// The engines it is meant for.
    pub fn engines(&self) -> &BTreeSet<EngineKind> {
        &self.engines
    }

    /// What it runs on.
    pub fn topology(&self) -> &Topology {
        &self.topology
    }

    /// Its workloads.
    pub fn workloads(&self) -> &BTreeMap<WorkloadName, Workload> {
        &self.workloads
    }

    /// What happens, in order; never empty.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Every check in order.
    pub fn checks(&self) -> impl Iterator<Item = &Check> {
        self.steps.iter().filter_map(|step| match &step.action {
            Action::Check(check) => Some(check),
            _ => None,
        })
    }

    /// The deliberate violations.
    pub fn canaries(&self) -> &[Canary] {
        &self.canaries
    }

    /// What an engine must be able to do for all of it: topology, steps and canaries.
    pub fn needs(&self) -> Capabilities {
        needs::of(self)
    }

    /// What an engine must be able to do to bring the topology up; if anything is missing, the whole
    /// scenario is skipped. What a step or canary needs beyond that skips only the step or canary
    /// ([`Step::needs`], [`Canary::needs`]).
    pub fn topology_needs(&self) -> Capabilities {
        needs::of_topology(&self.topology)
    }

    /// Whether it breaks the substrate, so that its clusters cannot be shared with others.
    pub fn is_exclusive(&self) -> bool {
        self.steps.iter().any(Step::breaks_the_substrate)
    }
}

fn engines(written: &[EngineKind]) -> BTreeSet<EngineKind> {
    if written.is_empty() {
        BTreeSet::from([EngineKind::Sim, EngineKind::Kind, EngineKind::Existing])
    } else {
        written.iter().copied().collect()
    }
}
