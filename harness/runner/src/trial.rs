//! What is run: every scenario once as it is and once per canary.

use report::TrialName;
use scenario::{
    Scenario,
    scenario::{Action, Canary, Step},
};
use world::{Capabilities, Capability};

use crate::foreign;

/// One trial.
#[derive(Debug, Clone, Copy)]
pub struct Trial<'a> {
    /// The scenario in one cell of its matrix.
    pub scenario: &'a Scenario,
    /// The deliberate violation, if this trial is one.
    pub canary: Option<&'a Canary>,
}

/// Every trial of some scenarios, each scenario before its canaries.
pub fn trials<'a>(scenarios: impl IntoIterator<Item = &'a Scenario>) -> Vec<Trial<'a>> {
    let of = |scenario: &'a Scenario| {
        let canaries = scenario.canaries().iter().map(Some);
        std::iter::once(None)
            .chain(canaries)
            .map(move |canary| Trial { scenario, canary })
    };
    scenarios.into_iter().flat_map(of).collect()
}

impl Trial<'_> {
    /// What it is called on an engine.
    pub fn name(&self, engine: &str) -> TrialName {
        let area = self.scenario.labels().get("area");
        let name = self.scenario.name();
        TrialName {
            scenario: area.map_or_else(|| name.to_string(), |area| format!("{area}/{name}")),
            cell: self.scenario.cell().iter().cloned().collect(),
            canary: self.canary.map(|canary| canary.name.clone()),
            engine: engine.to_owned(),
        }
    }

    /// What the engine lacks for it; empty if it can be run. A check that the engine has no evidence
    /// for is skipped by itself, unless it is the one that is to catch the canary.
    pub fn lacks(&self, engine: &Capabilities) -> Vec<Capability> {
        let mut needs = self.scenario.topology_needs();
        let steps = self.scenario.steps().iter();
        needs.extend(
            steps
                .filter(|step| self.depends_on(step))
                .flat_map(Step::needs),
        );
        needs.extend(self.canary.into_iter().flat_map(Canary::needs));
        needs.difference(engine).copied().collect()
    }

    /// Why it is not run on an engine: what the engine lacks; `None` if it can be run.
    pub fn not_run_on(&self, engine: &str, can: &Capabilities) -> Option<String> {
        let lacks: Vec<String> = self.lacks(can).iter().map(ToString::to_string).collect();
        if !lacks.is_empty() {
            return Some(format!("{engine} has no {}", lacks.join(", ")));
        }
        if can.contains(&Capability::OwnClusters) {
            return None;
        }
        let what = foreign::touched(self.scenario, self.canary)?;
        Some(format!(
            "{engine} touches nothing but namespaces of its own, and this is about {what}"
        ))
    }

    /// Whether the trial says nothing without this step.
    fn depends_on(&self, step: &Step) -> bool {
        match &step.action {
            Action::Check(check) => self
                .canary
                .is_some_and(|canary| canary.caught_by == check.name),
            Action::Traffic(_)
            | Action::Fault(_)
            | Action::Heal(_)
            | Action::Wait(_)
            | Action::Change(_) => true,
        }
    }
}
