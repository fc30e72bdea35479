//! Which workloads or namespaces an object is about. Istio has three notations for it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Labels as a set of names and values.
pub type Labels = BTreeMap<String, String>;

/// Workloads by labels under `labels`, as in ServiceEntry and Sidecar.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct WorkloadSelector {
    /// Every one of these must be on the workload; empty selects every workload.
    pub labels: Labels,
}

/// Workloads by labels under `matchLabels`, as in the policies and DestinationRule.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct MatchLabels {
    /// Every one of these must be on the workload; empty selects every workload.
    pub match_labels: Labels,
}

/// A selector of Kubernetes, as in the mesh's `discoverySelectors`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct LabelSelector {
    /// Every one of these must be there.
    pub match_labels: Labels,
    /// Every one of these must hold.
    pub match_expressions: Vec<Requirement>,
}

/// A demand on one label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Requirement {
    /// The label.
    pub key: String,
    /// How it is compared.
    pub operator: Operator,
    /// With what; empty for `Exists` and `DoesNotExist`.
    #[serde(default)]
    pub values: Vec<String>,
}

/// How a label is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Operator {
    /// Its value is one of those listed.
    In,
    /// It is missing or its value is none of those listed.
    NotIn,
    /// It is there.
    Exists,
    /// It is not there.
    DoesNotExist,
}

impl WorkloadSelector {
    /// Whether a workload with these labels is selected.
    pub fn selects(&self, labels: &Labels) -> bool {
        is_subset(&self.labels, labels)
    }
}

impl MatchLabels {
    /// Whether a workload with these labels is selected.
    pub fn selects(&self, labels: &Labels) -> bool {
        is_subset(&self.match_labels, labels)
    }
}

impl LabelSelector {
    /// Whether something with these labels is selected.
    pub fn selects(&self, labels: &Labels) -> bool {
        is_subset(&self.match_labels, labels)
            && self.match_expressions.iter().all(|e| e.holds(labels))
    }
}

impl Requirement {
    fn holds(&self, labels: &Labels) -> bool {
        let value = labels.get(&self.key);
        let listed = value.is_some_and(|value| self.values.contains(value));
        match self.operator {
            Operator::In => listed,
            Operator::NotIn => !listed,
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
        }
    }
}

fn is_subset(wanted: &Labels, labels: &Labels) -> bool {
    wanted
        .iter()
        .all(|(key, value)| labels.get(key) == Some(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect()
    }

    #[test]
    fn a_selector_without_labels_selects_everything() {
        assert!(WorkloadSelector::default().selects(&labels(&[])));
        assert!(MatchLabels::default().selects(&labels(&[("app", "a")])));
    }

    #[test]
    fn every_label_of_a_selector_must_be_there_with_its_value() {
        let selector = MatchLabels {
            match_labels: labels(&[("app", "a"), ("version", "v1")]),
        };
        assert!(selector.selects(&labels(&[("app", "a"), ("version", "v1"), ("x", "y")])));
        assert!(!selector.selects(&labels(&[("app", "a")])));
        assert!(!selector.selects(&labels(&[("app", "a"), ("version", "v2")])));
    }

    #[test]
    fn an_expression_compares_as_kubernetes_does() {
        let holds = |operator, found: &[(&str, &str)]| {
            let values = vec!["prod".to_owned()];
            Requirement {
                key: "env".to_owned(),
                operator,
                values,
            }
            .holds(&labels(found))
        };
        assert!(holds(Operator::In, &[("env", "prod")]) && !holds(Operator::In, &[]));
        assert!(holds(Operator::NotIn, &[]) && !holds(Operator::NotIn, &[("env", "prod")]));
        assert!(holds(Operator::Exists, &[("env", "x")]) && !holds(Operator::Exists, &[]));
        assert!(
            holds(Operator::DoesNotExist, &[]) && !holds(Operator::DoesNotExist, &[("env", "x")])
        );
    }
}
