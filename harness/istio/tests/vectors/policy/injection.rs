//! Whether a pod gets a sidecar, and from whom.

use istio::{
    injection::{
        INJECT, InjectorConfig, InjectorPolicy, PodFacts, Revisions, injects, revision_for,
    },
    kinds::{
        LabelSelector,
        selector::{Labels, Operator, Requirement},
    },
};
use serde::Deserialize;

use crate::case::Case;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Decision {
    policy: String,
    annotation_inject: Option<String>,
    label_inject: Option<String>,
    host_network: bool,
    always_inject: Vec<Labels>,
    never_inject: Vec<Labels>,
    other_labels: Labels,
}

pub(crate) fn decision(case: &mut Case<'_>) -> Result<(), String> {
    let input: Decision = case.input()?;
    let config = InjectorConfig {
        policy: InjectorPolicy::parse(&input.policy),
        never: input.never_inject.iter().map(selector).collect(),
        always: input.always_inject.iter().map(selector).collect(),
    };
    let word = |word: Option<String>| word.map(|word| (INJECT.to_owned(), word));
    let mut labels = input.other_labels;
    labels.extend(word(input.label_inject));
    let annotations = word(input.annotation_inject).into_iter().collect();
    let pod = PodFacts {
        labels: &labels,
        annotations: &annotations,
        host_network: input.host_network,
    };
    case.came_out("inject", injects(&config, pod).value);
    Ok(())
}

/// Vectors write `*` for a label that must be there with any value.
fn selector(written: &Labels) -> LabelSelector {
    let (any, exact): (Labels, Labels) = written
        .clone()
        .into_iter()
        .partition(|(_, value)| value == "*");
    let exists = |key| Requirement {
        key,
        operator: Operator::Exists,
        values: Vec::new(),
    };
    LabelSelector {
        match_labels: exact,
        match_expressions: any.into_keys().map(exists).collect(),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Revision {
    installed_revisions: Vec<String>,
    enable_namespaces_by_default: bool,
    namespace_labels: Labels,
    pod_labels: Labels,
}

pub(crate) fn revision(case: &mut Case<'_>) -> Result<(), String> {
    let input: Revision = case.input()?;
    let revisions = Revisions {
        installed: &input.installed_revisions,
        namespaces_by_default: input.enable_namespaces_by_default,
    };
    let chosen = revision_for(&revisions, &input.namespace_labels, &input.pod_labels);
    case.came_out("revision", chosen.value);
    Ok(())
}
