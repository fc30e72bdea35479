//! EndpointSlices and NetworkPolicies.

use crate::{
    json::{Value, json},
    object::{self, list, map_mut, set_default},
};

/// Ports of endpoints speak TCP and have no name unless they say otherwise.
pub(super) fn endpoint_slice(slice: &mut Value) {
    for port in object::items_mut(slice, &["ports"]) {
        let Some(port) = port.as_object_mut() else {
            continue;
        };
        set_default(port, "name", "");
        set_default(port, "protocol", "TCP");
    }
}

/// A policy is about incoming traffic, and about outgoing traffic if it has rules for that.
pub(super) fn network_policy(policy: &mut Value) {
    let egress = !list(policy, &["spec", "egress"]).is_empty();
    let types = if egress {
        json!(["Ingress", "Egress"])
    } else {
        json!(["Ingress"])
    };
    set_default(map_mut(policy, "spec"), "policyTypes", types);
    for rules in ["ingress", "egress"] {
        for rule in object::items_mut(policy, &["spec", rules]) {
            for port in object::items_mut(rule, &["ports"]) {
                if let Some(port) = port.as_object_mut() {
                    set_default(port, "protocol", "TCP");
                }
            }
        }
    }
}
