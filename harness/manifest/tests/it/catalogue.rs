//! Every scenario of the catalogue: it can be installed, and what its canaries break is there.

use std::collections::BTreeSet;

use manifest::{Form, Images, Placed, Violations, mutations, workload_stage};
use scenario::{Scenario, catalogue, scenario::Action};

use crate::support::facts;

fn scenarios() -> Vec<Scenario> {
    let rows = catalogue::scenarios().unwrap();
    rows.into_iter().flat_map(|(_, cells)| cells).collect()
}

/// The objects of each stage, the workloads last.
fn installation(scenario: &Scenario) -> Vec<Vec<Placed>> {
    let topology = scenario.topology();
    let facts = facts(topology);
    let images = Images::default();
    let workloads = workload_stage(topology, scenario.workloads(), &images);
    let stages = manifest::stages(topology).into_iter().chain([workloads]);
    stages
        .map(|stage| stage.render(&facts, Form::Objects).unwrap())
        .collect()
}

/// Objects that the scenario's own steps apply, in the form of an installation's.
fn applied(scenario: &Scenario) -> Vec<Placed> {
    use scenario::scenario::Change;
    let changes = scenario
        .steps()
        .iter()
        .filter_map(|step| match &step.action {
            Action::Change(Change::Apply { clusters, objects }) => Some((clusters, objects)),
            _ => None,
        });
    let mut placed = Vec::new();
    for (clusters, objects) in changes {
        for cluster in clusters {
            let own = |tree: &serde_json::Value| manifest::Object::new(tree.clone()).unwrap();
            placed.extend(objects.iter().map(|tree| own(tree).into_cluster(cluster)));
        }
    }
    placed
}

#[test]
fn no_two_objects_of_a_scenario_have_one_identity() {
    for scenario in scenarios() {
        let mut seen = BTreeSet::new();
        for placed in installation(&scenario).into_iter().flatten() {
            let identity = (placed.cluster.clone(), placed.object.identity());
            // A namespace may be both a VM's and a workload's; the later labels are added.
            let is_namespace = placed.object.kind() == "Namespace";
            assert!(
                seen.insert(identity) || is_namespace,
                "{}: {} in {}",
                scenario.title(),
                placed.object,
                placed.cluster
            );
        }
    }
}

#[test]
fn what_a_canary_breaks_is_there_to_be_broken() {
    let mut missed = Vec::new();
    let mut count = 0;
    for scenario in scenarios() {
        let mut stages = installation(&scenario);
        stages.push(applied(&scenario));
        for canary in scenario.canaries() {
            let broken: Vec<_> = canary.breaks.iter().flat_map(mutations).collect();
            count += broken.len();
            let mut violations = Violations::new(broken);
            for objects in &stages {
                violations.apply(objects.clone()).unwrap();
            }
            if let Err(error) = violations.finish() {
                missed.push(format!("{}, {}: {error}", scenario.title(), canary.name));
            }
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
    assert!(
        count > 10,
        "only {count} objects are broken in the whole catalogue"
    );
}
