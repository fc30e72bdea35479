//! Topologies and scenarios.

use std::sync::Arc;

use scenario::{
    Document, Files, Library, Scenario,
    problem::Problem,
    scenario::{Action, Change, Runs},
    yaml::{Node, Value},
};
use serde_json::Value as Json;
use world::ClusterName;

use super::Text;
use crate::{
    object::Object,
    place::Place,
    unit::{Declared, Unit},
};

/// Whether a file says that it is for isthmus.
pub(super) fn is_ours(text: &Text<'_>) -> bool {
    let version = text
        .documents
        .first()
        .and_then(|node| node.text("apiVersion"));
    version.is_some_and(|version| version.starts_with("isthmus/"))
}

/// A unit for each topology and for each cell of each scenario.
pub(super) fn units(
    files: &dyn Files,
    library: &Library,
    texts: &[Text<'_>],
    problems: &mut Vec<Problem>,
) -> Vec<Unit> {
    let mut library = library.clone();
    for text in texts.iter().filter(|text| is_topology(text)) {
        // What is wrong with it is said below.
        let _ = library.add(files, text.path());
    }
    let mut units = Vec::new();
    for text in texts {
        match library.read(files, text.path()) {
            Ok(Document::Topology(topology)) => units.push(Unit {
                topology: Some(Declared {
                    topology: *topology,
                    at: spec(text),
                    is_here: true,
                }),
                ..Unit::default()
            }),
            Ok(Document::Scenario(cells)) => {
                units.extend(cells.into_iter().map(|cell| of_cell(text, cell)));
            }
            Err(found) => problems.extend(found),
        }
    }
    units
}

fn is_topology(text: &Text<'_>) -> bool {
    text.documents.first().and_then(|node| node.text("kind")) == Some("Topology")
}

fn spec(text: &Text<'_>) -> Place {
    let document = text
        .documents
        .first()
        .expect("a file of ours has a document");
    Place::document(&text.file, document).key("spec")
}

fn of_cell(text: &Text<'_>, cell: Scenario) -> Unit {
    let spec = spec(text);
    let document = text
        .documents
        .first()
        .expect("a file of ours has a document");
    let declared = Declared {
        topology: cell.topology().clone(),
        at: spec.key("topology"),
        is_here: is_inline(document),
    };
    Unit {
        topology: Some(declared),
        objects: objects(&cell, &spec),
        scenario: Some((cell, spec)),
    }
}

/// Whether a scenario writes its topology itself.
fn is_inline(document: &Arc<Node>) -> bool {
    let topology = document.get("spec").and_then(|spec| spec.get("topology"));
    topology.is_some_and(|node| matches!(node.value, Value::Map(_)))
}

/// What a scenario brings: manifests of its workloads, and what its steps apply.
fn objects(scenario: &Scenario, spec: &Place) -> Vec<Object> {
    let mut objects = Vec::new();
    for (name, workload) in scenario.workloads() {
        if let Runs::Objects(values) = &workload.runs {
            let at = spec.keys(&["workloads", name.as_str(), "manifests"]);
            let clusters: Vec<ClusterName> = workload.places.keys().cloned().collect();
            for value in values {
                in_each(&clusters, value, &at, &mut objects);
            }
        }
    }
    for (number, step) in scenario.steps().iter().enumerate() {
        if let Action::Change(Change::Apply {
            clusters,
            objects: values,
        }) = &step.action
        {
            let at = spec.key("steps").index(number).keys(&["apply", "objects"]);
            for (index, value) in values.iter().enumerate() {
                in_each(clusters, value, &at.index(index), &mut objects);
            }
        }
    }
    objects
}

fn in_each(clusters: &[ClusterName], value: &Json, at: &Place, objects: &mut Vec<Object>) {
    objects.extend(clusters.iter().map(|cluster| Object {
        cluster: Some(cluster.clone()),
        value: value.clone(),
        at: at.clone(),
    }));
}
