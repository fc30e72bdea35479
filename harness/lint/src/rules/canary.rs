//! A check that has never failed proves nothing.

use crate::{Rule, Severity, finding::Notes, unit::Unit};

pub(super) const RULE: Rule = Rule {
    id: "scenario-without-canary",
    severity: Severity::Note,
    summary: "Nothing shows that the scenario's checks can fail.",
    check,
};

fn check(unit: &Unit, notes: &mut Notes<'_>) {
    let Some((scenario, at)) = &unit.scenario else {
        return;
    };
    if scenario.canaries().is_empty() {
        notes.add(
            &at.key("canaries"),
            "no deliberate violation shows that these checks can fail",
            "add a canary that one of the checks must catch",
        );
    }
}
