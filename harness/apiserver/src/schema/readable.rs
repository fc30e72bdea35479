//! Whatever the server takes, a typed client can read: every field of the kinds that this project
//! reads as types, with values of every type.

use std::{collections::BTreeSet, sync::Arc};

use k8s_openapi::api::{
    admissionregistration::v1::{MutatingWebhookConfiguration, ValidatingWebhookConfiguration},
    apps::v1::{ControllerRevision, DaemonSet, Deployment, ReplicaSet, StatefulSet},
    authentication::v1::TokenRequest,
    autoscaling::{v1::Scale, v2::HorizontalPodAutoscaler},
    batch::v1::Job,
    coordination::v1::Lease,
    core::v1::{
        ConfigMap, Event, Namespace, Node as KubeNode, Pod, Secret, Service, ServiceAccount,
    },
    discovery::v1::EndpointSlice,
};
use serde::de::DeserializeOwned;

use super::{Node, Object, builtin::shape, decode};
use crate::json::{Text, Value, json};

/// Values of every type, at and beyond the ends of what leaves hold.
fn odd() -> Vec<Value> {
    let texts = ["", "*", "a", "ä\u{0}", "1Gi", "aGVs\nbG8=", "aGVsbG9="];
    let times = [
        "2026-01-01T01:00:00.5+01:00",
        "2026-01-01T00:00:00.000001Z",
        "2026-02-30T00:00:00Z",
    ];
    let whole = [0, 1, -1, 1 << 31, -(1 << 31) - 1, i64::MAX];
    let floats = [0.5, 3.0, 1e300];
    let texts = texts.into_iter().chain(times).map(Value::from);
    let numbers = whole
        .into_iter()
        .map(Value::from)
        .chain(floats.map(Value::from));
    let others = [
        json!(null),
        json!(true),
        json!([]),
        json!([null]),
        json!({}),
        json!({"a": null}),
    ];
    texts.chain(numbers).chain(others).collect()
}

/// Everything that is tried in the place of a value: odd ones, and odd ones in every place below.
/// A type is gone into where it is met first.
fn tried(shape: &Node, met: &mut BTreeSet<*const Object>) -> Vec<Value> {
    let mut values = odd();
    match shape {
        Node::Any | Node::Scalar(_) => {}
        Node::Object { object, .. } => {
            if met.insert(Arc::as_ptr(object)) {
                for (name, node) in object
                    .fields
                    .iter()
                    .filter(|(name, _)| !is_told(object, name))
                {
                    let below = tried(node, met).into_iter();
                    values.extend(below.map(|value| {
                        Value::Object([(Text::from(name.as_str()), value)].into_iter().collect())
                    }));
                }
            }
        }
        Node::Map { value, .. } => values.extend(
            tried(value, met)
                .into_iter()
                .map(|value| json!({"a": value})),
        ),
        Node::List(list) => values.extend(
            tried(&list.item, met)
                .into_iter()
                .map(|value| json!([value])),
        ),
    }
    values
}

/// Of a whole object, which kind it is has been looked at before or is set by the server.
fn is_told(object: &Object, field: &str) -> bool {
    object.fields.contains_key("metadata") && matches!(field, "apiVersion" | "kind")
}

/// Of what is tried, how much is taken and how much is refused.
fn judge<K: DeserializeOwned>(name: &str) -> (usize, usize) {
    let shape = shape(name);
    let (mut taken, mut refused) = (0, 0);
    let tried = tried(&shape, &mut BTreeSet::new());
    for value in tried.into_iter().filter(Value::is_object) {
        let Ok(decoded) = decode(&shape, value.clone()) else {
            refused += 1;
            continue;
        };
        let read = K::deserialize(&decoded.object);
        assert!(
            read.is_ok(),
            "{name} {value} is taken as {} but not read: {}",
            decoded.object,
            read.err().unwrap()
        );
        let again = decode(&shape, decoded.object.clone())
            .ok()
            .map(|again| again.object);
        assert_eq!(
            again.as_ref(),
            Some(&decoded.object),
            "{name} {value} is read in two ways"
        );
        taken += 1;
    }
    (taken, refused)
}

#[test]
fn what_is_taken_is_readable_by_a_typed_client() {
    let judged = [
        judge::<MutatingWebhookConfiguration>(
            "admissionregistration.v1.MutatingWebhookConfiguration",
        ),
        judge::<ValidatingWebhookConfiguration>(
            "admissionregistration.v1.ValidatingWebhookConfiguration",
        ),
        judge::<ControllerRevision>("apps.v1.ControllerRevision"),
        judge::<DaemonSet>("apps.v1.DaemonSet"),
        judge::<Deployment>("apps.v1.Deployment"),
        judge::<ReplicaSet>("apps.v1.ReplicaSet"),
        judge::<StatefulSet>("apps.v1.StatefulSet"),
        judge::<TokenRequest>("authentication.v1.TokenRequest"),
        judge::<Scale>("autoscaling.v1.Scale"),
        judge::<HorizontalPodAutoscaler>("autoscaling.v2.HorizontalPodAutoscaler"),
        judge::<Job>("batch.v1.Job"),
        judge::<Lease>("coordination.v1.Lease"),
        judge::<ConfigMap>("core.v1.ConfigMap"),
        judge::<Event>("core.v1.Event"),
        judge::<Namespace>("core.v1.Namespace"),
        judge::<KubeNode>("core.v1.Node"),
        judge::<Pod>("core.v1.Pod"),
        judge::<Secret>("core.v1.Secret"),
        judge::<Service>("core.v1.Service"),
        judge::<ServiceAccount>("core.v1.ServiceAccount"),
        judge::<EndpointSlice>("discovery.v1.EndpointSlice"),
    ];
    for (taken, refused) in judged {
        assert!(
            taken > 100 && refused > 100,
            "{taken} taken, {refused} refused"
        );
    }
}
