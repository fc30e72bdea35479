//! The same scenario on another version of Istio.

use world::Version;

use super::{Action, Break, Change, Scenario};

/// The axis that says the version in the name of a cell, as a matrix writes it.
const AXIS: &str = "istio";

impl Scenario {
    /// The scenario with another version of Istio everywhere. One whose matrix says the version, that
    /// has several versions side by side or changes them stays as it is: its versions are its subject.
    #[must_use]
    pub fn at_istio(mut self, version: &Version) -> Self {
        if !self.says_its_version() {
            self.topology.set_istio(version);
            self.cell.push((AXIS.to_owned(), version.to_string()));
        }
        self
    }

    fn says_its_version(&self) -> bool {
        let members = self.topology.members().values();
        let mut revisions = members.flat_map(|member| &member.revisions);
        let named = revisions.any(|revision| revision.name.is_some());
        named || self.cell.iter().any(|(axis, _)| axis == AXIS) || self.changes_versions()
    }

    fn changes_versions(&self) -> bool {
        let steps = self.steps.iter().filter_map(|step| match &step.action {
            Action::Change(change) => Some(change),
            Action::Check(_)
            | Action::Traffic(_)
            | Action::Fault(_)
            | Action::Heal(_)
            | Action::Wait(_) => None,
        });
        let breaks = self.canaries.iter().flat_map(|canary| &canary.breaks);
        let breaks = breaks.filter_map(|broken| match broken {
            Break::Change(change) => Some(change),
            Break::Omit { .. } | Break::Patch { .. } | Break::Values { .. } | Break::Fault(_) => {
                None
            }
        });
        let mut changes = steps.chain(breaks);
        changes.any(|change| matches!(change, Change::Upgrade(_) | Change::Rollback(_)))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::catalogue;

    fn row(id: &str) -> Scenario {
        let row = catalogue::ROWS.iter().find(|row| row.id == id).unwrap();
        let library = catalogue::library();
        let cells = library.scenario(&catalogue::Embedded, Path::new(&row.path()));
        cells.unwrap().remove(0)
    }

    #[test]
    fn every_cluster_gets_the_version_and_the_name_says_it() {
        let scenario = row("T4").at_istio(&Version::new(1, 29, 6));
        let members = scenario.topology().members().values();
        for member in members {
            assert_eq!(member.version(), Some(&Version::new(1, 29, 6)));
        }
        assert!(scenario.title().ends_with("[istio=1.29.6]"));
    }

    #[test]
    fn an_upgrade_keeps_the_versions_that_it_is_about() {
        let scenario = row("U1");
        assert_eq!(scenario.clone().at_istio(&Version::new(1, 29, 6)), scenario);
    }
}
