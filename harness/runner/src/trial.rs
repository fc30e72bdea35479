//! What is run: every scenario once as it is and once per canary.

use report::TrialName;
use scenario::{Scenario, scenario::Canary};
use world::{Capabilities, Capability};

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

    /// What the engine lacks for it; empty if it can be run.
    pub fn lacks(&self, engine: &Capabilities) -> Vec<Capability> {
        self.scenario.needs().difference(engine).copied().collect()
    }
}
