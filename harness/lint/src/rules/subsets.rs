//! Subsets become names of TLS servers at a gateway between networks.

use serde_json::Value as Json;

use crate::{Rule, Severity, finding::Notes, object::Object, unit::Unit};

pub(super) const RULE: Rule = Rule {
    id: "subset-twice",
    severity: Severity::Error,
    summary: "Two rules give one host subsets of one name: the gateway between networks rejects its whole listener.",
    check,
};

fn check(unit: &Unit, notes: &mut Notes<'_>) {
    let rules: Vec<&Object> = unit.of_kind("DestinationRule").collect();
    for (i, rule) in rules.iter().enumerate() {
        for other in rules[..i].iter().filter(|other| are_merged(rule, other)) {
            compare(rule, other, notes);
        }
    }
}

/// Whether both are rules of one cluster for one host.
fn are_merged(rule: &Object, other: &Object) -> bool {
    rule.cluster == other.cluster
        && rule.name() != other.name()
        && rule.namespace() == other.namespace()
        && rule.text("/spec/host") == other.text("/spec/host")
}

fn compare(rule: &Object, other: &Object, notes: &mut Notes<'_>) {
    let taken: Vec<&str> = other
        .list("/spec/subsets")
        .iter()
        .filter_map(name)
        .collect();
    for (index, subset) in rule.list("/spec/subsets").iter().enumerate() {
        if let Some(name) = name(subset).filter(|name| taken.contains(name)) {
            notes.add(
                &rule.at.keys(&["spec", "subsets"]).index(index).key("name"),
                format!("'{}' has a subset '{name}' of this host too", other.name()),
                "keep the subsets of a host in one DestinationRule (istio/istio#50353)",
            );
        }
    }
}

fn name(subset: &Json) -> Option<&str> {
    subset.get("name")?.as_str()
}
