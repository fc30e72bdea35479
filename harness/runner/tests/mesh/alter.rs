//! Alters objects of an installation, and sees whether a check notices.

use judge::Outcome;
use runner::Trial;
use scenario::scenario::{Break, change::ObjectRef};
use serde_json::Value;
use world::{ClusterName, NamespaceName};

use crate::kit::{canary, row, run};

pub(crate) const T4: &str = "topology/multi-network-multi-primary";
pub(crate) const T5: &str = "topology/multi-network-primary-remote";

fn at(cluster: &str) -> Vec<ClusterName> {
    vec![ClusterName::new(cluster).expect("a cluster name")]
}

pub(crate) fn object(kind: &str, name: &str, namespace: Option<&str>) -> ObjectRef {
    ObjectRef {
        kind: kind.to_owned(),
        name: name.to_owned(),
        namespace: namespace.map(|name| NamespaceName::new(name).expect("a namespace name")),
    }
}

pub(crate) fn omit(cluster: &str, kind: &str, name: &str) -> Break {
    Break::Omit {
        clusters: at(cluster),
        object: object(kind, name, Some("istio-system")),
    }
}

pub(crate) fn patch(cluster: &str, object: ObjectRef, merge: Value) -> Break {
    let merge = serde_json::from_value(merge).expect("a mapping");
    Break::Patch {
        clusters: at(cluster),
        object,
        merge,
    }
}

/// The alteration is caught by the check, in words that name each of `parts`.
#[track_caller]
pub(crate) fn noticed(path: &str, breaks: Vec<Break>, check: &str, parts: &[&str]) {
    let scenarios = row(path);
    let canary = canary(check, breaks);
    let trial = Trial {
        scenario: &scenarios[0],
        canary: Some(&canary),
    };
    let trial = run(trial, 1);
    let text = report::text::trial(&trial, 1);
    assert_eq!(trial.outcome, Outcome::Pass, "not caught:\n{text}");
    let caught = trial.steps.iter().find(|step| step.name == check);
    let said = &caught.expect("the check was asked").verdict;
    let evidence = format!("{} {:?}", said.observed, said.evidence.nearest);
    for part in parts {
        assert!(
            evidence.contains(part),
            "'{part}' is missing in: {evidence}"
        );
    }
}
