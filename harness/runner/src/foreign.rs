//! What a trial does outside the namespaces of its workloads. Clusters that are not ours are used by
//! others too: nothing of this is done there.

use std::collections::BTreeSet;

use scenario::{
    Scenario,
    scenario::{Action, Break, Canary, Change, Deployed, FaultKind, change::ObjectRef},
};
use serde_json::Value;
use world::NamespaceName;

/// What of a trial touches more than its own namespaces; `None` if nothing does.
pub(crate) fn touched(scenario: &Scenario, canary: Option<&Canary>) -> Option<String> {
    let own = Own::of(scenario);
    let steps = scenario
        .steps()
        .iter()
        .filter_map(|step| match &step.action {
            Action::Fault(fault) => own.fault(&fault.kind),
            Action::Change(change) => own.change(change),
            Action::Check(_) | Action::Traffic(_) | Action::Heal(_) | Action::Wait(_) => None,
        });
    let breaks = canary.into_iter().flat_map(|canary| &canary.breaks);
    let breaks = breaks.filter_map(|broken| match broken {
        Break::Omit { object, .. } | Break::Patch { object, .. } => own.object(object),
        Break::Values { .. } => Some("the values of an installation".to_owned()),
        Break::Fault(kind) => own.fault(kind),
        Break::Change(change) => own.change(change),
    });
    steps.chain(breaks).next()
}

/// The namespaces of the workloads.
struct Own<'a>(BTreeSet<&'a NamespaceName>);

impl<'a> Own<'a> {
    fn of(scenario: &'a Scenario) -> Self {
        let workloads = scenario.workloads().values();
        Self(workloads.map(|workload| &workload.namespace).collect())
    }

    fn holds(&self, namespace: Option<&str>) -> bool {
        let named = |name| self.0.iter().any(|own| own.as_str() == name);
        namespace.is_some_and(named)
    }

    fn fault(&self, kind: &FaultKind) -> Option<String> {
        match kind {
            FaultKind::Scale { of, .. } => foreign(of),
            FaultKind::Substrate(_)
            | FaultKind::PauseControlPlane(_)
            | FaultKind::GatewayDown { .. }
            | FaultKind::Secret { .. }
            | FaultKind::Certificate { .. }
            | FaultKind::StaleEndpoints { .. } => Some("the mesh itself".to_owned()),
        }
    }

    fn change(&self, change: &Change) -> Option<String> {
        match change {
            Change::Apply { objects, .. } => {
                let mut foreign = objects.iter().filter(|object| {
                    let namespace = object.pointer("/metadata/namespace");
                    !self.holds(namespace.and_then(Value::as_str))
                });
                foreign.next().map(|object| {
                    let word = |pointer| object.pointer(pointer).and_then(Value::as_str);
                    let (kind, name) = (word("/kind"), word("/metadata/name"));
                    format!("{} {}", kind.unwrap_or_default(), name.unwrap_or_default())
                })
            }
            Change::Delete { object, .. } | Change::Label { object, .. } => self.object(object),
            Change::Scale { of, .. } | Change::Restart(of) => foreign(of),
            Change::RotateSecret { .. }
            | Change::RotateRoot { .. }
            | Change::RotateToken(_)
            | Change::Upgrade(_)
            | Change::Rollback(_)
            | Change::Tag { .. }
            | Change::RemoveRevision { .. }
            | Change::Onboard(_)
            | Change::Offboard(_)
            | Change::Clock(_) => Some("the mesh itself".to_owned()),
        }
    }

    fn object(&self, object: &ObjectRef) -> Option<String> {
        let namespace = object.namespace.as_ref().map(NamespaceName::as_str);
        (!self.holds(namespace)).then(|| format!("{} {}", object.kind, object.name))
    }
}

fn foreign(of: &[Deployed]) -> Option<String> {
    let mut foreign = of.iter().filter_map(|one| match one {
        Deployed::Workload { .. } => None,
        Deployed::Istiod { .. } | Deployed::Gateway { .. } => Some(one.to_string()),
    });
    foreign.next()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use scenario::catalogue::{self, Embedded};

    use super::*;

    fn row(id: &str) -> Scenario {
        let mut rows = catalogue::ROWS.iter();
        let row = rows.find(|row| row.id == id).unwrap();
        let library = catalogue::library();
        let cells = library.scenario(&Embedded, Path::new(&row.path()));
        cells.unwrap().remove(0)
    }

    fn touched_by(id: &str, canary: Option<&str>) -> Option<String> {
        let scenario = row(id);
        let named = |name| {
            let mut canaries = scenario.canaries().iter();
            canaries.find(|canary| canary.name == name).unwrap()
        };
        touched(&scenario, canary.map(named))
    }

    #[test]
    fn calls_and_workloads_that_are_scaled_touch_nothing_of_others() {
        assert_eq!(touched_by("T4", None), None);
        assert_eq!(touched_by("F1", None), None);
    }

    #[test]
    fn what_changes_the_mesh_is_named() {
        let told = |id| touched_by(id, None).unwrap();
        assert_eq!(told("U1"), "the mesh itself");
        assert_eq!(told("F7"), "the mesh itself");
        assert!(told("F3").contains("istiod"), "{}", told("F3"));
    }

    #[test]
    fn a_canary_that_leaves_an_object_of_the_mesh_out_names_it() {
        let told = |canary| touched_by("T4", Some(canary)).unwrap();
        assert_eq!(
            told("services not exposed"),
            "Gateway cross-network-gateway"
        );
        assert_eq!(
            told("network of a cluster missing"),
            "the values of an installation"
        );
        assert_eq!(told("different roots"), "the mesh itself");
    }
}
