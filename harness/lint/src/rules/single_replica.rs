//! A gateway of one pod.

use serde_json::Value as Json;

use crate::{Rule, Severity, finding::Notes, object::Object, unit::Unit};

pub(super) const RULE: Rule = Rule {
    id: "single-replica-gateway",
    severity: Severity::Note,
    summary: "While the only pod of a gateway restarts or drains, nothing passes it.",
    check,
};

const REMEDY: &str = "run two pods or more, on nodes of different zones";

fn check(unit: &Unit, notes: &mut Notes<'_>) {
    declared(unit, notes);
    let gateways = unit.of_kind("Deployment").filter(|one| is_gateway(one));
    for gateway in gateways.filter(|gateway| replicas(gateway) < 2 && !is_scaled(unit, gateway)) {
        notes.add(
            &gateway.at.keys(&["spec", "replicas"]),
            format!("the gateway '{}' is a single pod", gateway.name()),
            REMEDY,
        );
    }
}

/// Only gateways that somebody has written down: derived ones are as Istio's guides install them.
fn declared(unit: &Unit, notes: &mut Notes<'_>) {
    let Some((topology, at)) = unit.declared() else {
        return;
    };
    for gateway in topology
        .gateways()
        .iter()
        .filter(|gateway| gateway.replicas < 2)
    {
        let name = gateway.name.as_str();
        let at = at.keys(&["gateways", name]);
        if at.is_written() {
            let message = format!(
                "the gateway '{name}' of {} is a single pod",
                gateway.cluster
            );
            notes.add(&at.key("replicas"), message, REMEDY);
        }
    }
}

/// Istio's charts label the pods of gateways with their kind.
fn is_gateway(deployment: &Object) -> bool {
    let labels = deployment
        .value
        .pointer("/spec/template/metadata/labels/istio");
    labels
        .and_then(Json::as_str)
        .is_some_and(|kind| kind.ends_with("gateway"))
}

fn replicas(deployment: &Object) -> u64 {
    let written = deployment.value.pointer("/spec/replicas");
    written.and_then(Json::as_u64).unwrap_or(1)
}

fn is_scaled(unit: &Unit, deployment: &Object) -> bool {
    unit.of_kind("HorizontalPodAutoscaler").any(|scaler| {
        let least = scaler
            .value
            .pointer("/spec/minReplicas")
            .and_then(Json::as_u64);
        scaler.text("/spec/scaleTargetRef/name") == deployment.name()
            && scaler.namespace() == deployment.namespace()
            && scaler.cluster == deployment.cluster
            && least.unwrap_or(1) > 1
    })
}
