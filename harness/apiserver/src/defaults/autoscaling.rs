//! HorizontalPodAutoscalers.

use crate::{
    json::{Value, json},
    object::{map_mut, set_default},
};

/// At least one replica, scaled by the processor's use.
pub(super) fn autoscaler(autoscaler: &mut Value) {
    let spec = map_mut(autoscaler, "spec");
    set_default(spec, "minReplicas", 1);
    let target = json!({"type": "Utilization", "averageUtilization": 80});
    set_default(
        spec,
        "metrics",
        json!([{"type": "Resource", "resource": {"name": "cpu", "target": target}}]),
    );
}
