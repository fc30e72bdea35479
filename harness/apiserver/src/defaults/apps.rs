//! Deployments, ReplicaSets, StatefulSets, DaemonSets.

use super::pod;
use crate::{
    json::{Map, Value, json},
    object::{self, map_mut, set_default},
};

/// Defaults of a workload of this kind.
pub(super) fn workload(kind: &str, workload: &mut Value) {
    if kind == "ControllerRevision" {
        return;
    }
    let spec = map_mut(workload, "spec");
    if kind != "DaemonSet" {
        set_default(spec, "replicas", 1);
    }
    if kind != "ReplicaSet" {
        set_default(spec, "revisionHistoryLimit", 10);
    }
    match kind {
        "Deployment" => {
            set_default(spec, "progressDeadlineSeconds", 600);
            rolling(&mut spec["strategy"]);
        }
        "StatefulSet" => {
            set_default(spec, "podManagementPolicy", "OrderedReady");
            let keep = json!({"whenDeleted": "Retain", "whenScaled": "Retain"});
            set_default(spec, "persistentVolumeClaimRetentionPolicy", keep);
            partitioned(&mut spec["updateStrategy"]);
            spec.get_mut("volumeClaimTemplates")
                .into_iter()
                .for_each(claims);
        }
        "DaemonSet" => rolling_daemons(&mut spec["updateStrategy"]),
        _ => {}
    }
    object::at_mut(workload, &["spec", "template", "spec"])
        .into_iter()
        .for_each(pod::spec);
}

/// Templates of claims are claims, whatever they say they are. Source: the conversion of
/// `apps/v1` StatefulSets in kube-apiserver.
fn claims(templates: &mut Value) {
    for template in templates.as_array_mut().into_iter().flatten() {
        template["apiVersion"] = "v1".into();
        template["kind"] = "PersistentVolumeClaim".into();
    }
}

/// The strategy as a map of type `RollingUpdate`, unless it is another one.
fn rolling_map(strategy: &mut Value) -> Option<&mut Map> {
    if !strategy.is_object() {
        *strategy = json!({});
    }
    let map = strategy.as_object_mut()?;
    set_default(map, "type", "RollingUpdate");
    (map["type"] == "RollingUpdate").then_some(map)
}

fn rolling(strategy: &mut Value) {
    let Some(map) = rolling_map(strategy) else {
        return;
    };
    set_default(map, "rollingUpdate", json!({}));
    let Some(update) = map["rollingUpdate"].as_object_mut() else {
        return;
    };
    set_default(update, "maxUnavailable", "25%");
    set_default(update, "maxSurge", "25%");
}

fn partitioned(strategy: &mut Value) {
    let Some(map) = rolling_map(strategy) else {
        return;
    };
    set_default(map, "rollingUpdate", json!({}));
    if let Some(update) = map["rollingUpdate"].as_object_mut() {
        set_default(update, "partition", 0);
    }
}

fn rolling_daemons(strategy: &mut Value) {
    let Some(map) = rolling_map(strategy) else {
        return;
    };
    set_default(map, "rollingUpdate", json!({}));
    if let Some(update) = map["rollingUpdate"].as_object_mut() {
        set_default(update, "maxUnavailable", 1);
        set_default(update, "maxSurge", 0);
    }
}
