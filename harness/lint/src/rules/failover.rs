//! Locality failover only happens away from endpoints that outlier detection has found unhealthy.

use serde_json::Value as Json;

use crate::{Rule, Severity, finding::Notes, object::Object, place::Place, unit::Unit};

pub(super) const RULE: Rule = Rule {
    id: "failover-without-outlier-detection",
    severity: Severity::Warning,
    summary: "Without outlier detection traffic never fails over to another locality.",
    check,
};

const REMEDY: &str = "add 'outlierDetection' beside 'loadBalancer'";

fn check(unit: &Unit, notes: &mut Notes<'_>) {
    for rule in unit.of_kind("DestinationRule") {
        let spec = rule.at.key("spec");
        policy(
            rule.value.pointer("/spec/trafficPolicy"),
            None,
            &spec.key("trafficPolicy"),
            notes,
        );
        for (index, subset) in rule.list("/spec/subsets").iter().enumerate() {
            let at = spec.key("subsets").index(index).key("trafficPolicy");
            policy(subset.get("trafficPolicy"), detection(rule), &at, notes);
        }
    }
}

/// The outlier detection that subsets inherit.
fn detection(rule: &Object) -> Option<&Json> {
    rule.value.pointer("/spec/trafficPolicy/outlierDetection")
}

fn policy(policy: Option<&Json>, inherited: Option<&Json>, at: &Place, notes: &mut Notes<'_>) {
    let Some(policy) = policy else { return };
    let detection = policy.get("outlierDetection");
    one(policy, detection.or(inherited), at, notes);
    let ports = policy.get("portLevelSettings").and_then(Json::as_array);
    for (index, port) in ports.into_iter().flatten().enumerate() {
        // A port's settings replace those of the whole.
        let at = at.key("portLevelSettings").index(index);
        one(port, port.get("outlierDetection"), &at, notes);
    }
}

fn one(policy: &Json, detection: Option<&Json>, at: &Place, notes: &mut Notes<'_>) {
    let Some(setting) = policy.pointer("/loadBalancer/localityLbSetting") else {
        return;
    };
    let fails_over = ["failover", "failoverPriority"]
        .iter()
        .find(|key| setting.get(**key).is_some());
    if let (Some(key), None) = (fails_over, detection) {
        let at = at.keys(&["loadBalancer", "localityLbSetting", key]);
        notes.add(
            &at,
            format!("'{key}' has no effect: no endpoint is ever found unhealthy"),
            REMEDY,
        );
    }
}
