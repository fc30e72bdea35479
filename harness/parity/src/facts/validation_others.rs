//! Refusals of configuration, access rules and webhooks, and what Secrets make of their input.

use anyhow::Result;
use serde_json::{Value, json};

use crate::Bench;
use crate::claim::Claims;
use crate::fact::facts;
use crate::object::secret;

facts! { "validation_others":
    config_keys_are_file_names,
    config_keys_are_used_once,
    annotation_keys_are_qualified_names,
    annotations_are_limited,
    config_maps_are_limited,
    finalizers_are_qualified_names,
    owners_have_a_uid,
    owners_have_a_version,
    only_one_owner_controls,
    namespaces_are_dns_labels,
    webhooks_have_three_part_names,
    webhooks_declare_side_effects,
    webhooks_have_no_side_effects,
    webhooks_declare_review_versions,
    webhooks_speak_https,
    webhooks_are_somewhere,
    webhooks_answer_within_30_seconds,
    webhooks_fail_or_are_ignored,
    tls_secrets_hold_a_certificate,
    rules_have_verbs,
    bindings_refer_to_roles,
    bindings_keep_their_role,
    secret_values_are_base64,
    labels_are_texts,
    string_data_becomes_data,
    string_data_wins_over_data,
}

/// The claim that this object is refused for `field`.
async fn refused(
    bench: &Bench,
    path: &str,
    object: Value,
    field: &str,
    reason: &str,
) -> Result<()> {
    bench
        .post(path, &object)
        .await?
        .invalid(field, reason)
        .map(drop)
}

/// The claim that a ConfigMap with these owners is refused.
async fn owners(bench: &Bench, owners: Value, field: &str) -> Result<()> {
    let object = json!({"metadata": {"name": "a", "ownerReferences": owners}});
    refused(bench, "configmaps", object, field, "FieldValueInvalid").await
}

/// The claim that a webhook with these fields is refused.
async fn webhook(bench: &Bench, fields: Value, field: &str, reason: &str) -> Result<()> {
    let mut webhook = json!({"name": "a.example.com", "admissionReviewVersions": ["v1"],
        "sideEffects": "None", "clientConfig": {"url": "https://example.com/"}});
    for (key, value) in fields.as_object().into_iter().flatten() {
        webhook[key] = value.clone();
    }
    let object = json!({"metadata": {"name": bench.unique("hook")}, "webhooks": [webhook]});
    let path = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations";
    refused(bench, path, object, field, reason).await
}

async fn config_keys_are_file_names(bench: &Bench) -> Result<()> {
    refused(
        bench,
        "configmaps",
        json!({"metadata": {"name": "a"}, "data": {"a/b": "c"}}),
        "data[a/b]",
        "FieldValueInvalid",
    )
    .await
}

async fn config_keys_are_used_once(bench: &Bench) -> Result<()> {
    refused(
        bench,
        "configmaps",
        json!({"metadata": {"name": "a"}, "data": {"a": "b"}, "binaryData": {"a": "Yg=="}}),
        "data[a]",
        "FieldValueInvalid",
    )
    .await
}

async fn annotation_keys_are_qualified_names(bench: &Bench) -> Result<()> {
    refused(
        bench,
        "configmaps",
        json!({"metadata": {"name": "a", "annotations": {"a b": "c"}}}),
        "metadata.annotations",
        "FieldValueInvalid",
    )
    .await
}

async fn annotations_are_limited(bench: &Bench) -> Result<()> {
    refused(
        bench,
        "configmaps",
        json!({"metadata": {"name": "a", "annotations": {"a": "b".repeat(262_145)}}}),
        "metadata.annotations",
        "FieldValueTooLong",
    )
    .await
}

async fn config_maps_are_limited(bench: &Bench) -> Result<()> {
    refused(
        bench,
        "configmaps",
        json!({"metadata": {"name": "a"}, "data": {"a": "b".repeat(1_048_577)}}),
        "[]",
        "FieldValueTooLong",
    )
    .await
}

async fn finalizers_are_qualified_names(bench: &Bench) -> Result<()> {
    refused(
        bench,
        "configmaps",
        json!({"metadata": {"name": "a", "finalizers": ["bad"]}}),
        "metadata.finalizers[0]",
        "FieldValueInvalid",
    )
    .await
}

async fn owners_have_a_uid(bench: &Bench) -> Result<()> {
    owners(
        bench,
        json!([{"apiVersion": "v1", "kind": "ConfigMap", "name": "a"}]),
        "metadata.ownerReferences.uid",
    )
    .await
}

async fn owners_have_a_version(bench: &Bench) -> Result<()> {
    owners(
        bench,
        json!([{"apiVersion": "", "kind": "ConfigMap", "name": "a", "uid": "u"}]),
        "metadata.ownerReferences.apiVersion",
    )
    .await
}

async fn only_one_owner_controls(bench: &Bench) -> Result<()> {
    let owner = |name: &str| json!({"apiVersion": "v1", "kind": "ConfigMap", "name": name, "uid": "u", "controller": true});
    owners(
        bench,
        json!([owner("a"), owner("b")]),
        "metadata.ownerReferences",
    )
    .await
}

async fn namespaces_are_dns_labels(bench: &Bench) -> Result<()> {
    let object = json!({"metadata": {"name": "a.b"}});
    refused(
        bench,
        "/api/v1/namespaces",
        object,
        "metadata.name",
        "FieldValueInvalid",
    )
    .await
}

async fn webhooks_have_three_part_names(bench: &Bench) -> Result<()> {
    webhook(
        bench,
        json!({"name": "hook"}),
        "webhooks[0].name",
        "FieldValueInvalid",
    )
    .await
}

async fn webhooks_declare_side_effects(bench: &Bench) -> Result<()> {
    webhook(
        bench,
        json!({"sideEffects": null}),
        "webhooks[0].sideEffects",
        "FieldValueRequired",
    )
    .await
}

async fn webhooks_have_no_side_effects(bench: &Bench) -> Result<()> {
    webhook(
        bench,
        json!({"sideEffects": "Some"}),
        "webhooks[0].sideEffects",
        "FieldValueNotSupported",
    )
    .await
}

async fn webhooks_declare_review_versions(bench: &Bench) -> Result<()> {
    webhook(
        bench,
        json!({"admissionReviewVersions": null}),
        "webhooks[0].admissionReviewVersions",
        "FieldValueRequired",
    )
    .await
}

async fn webhooks_speak_https(bench: &Bench) -> Result<()> {
    webhook(
        bench,
        json!({"clientConfig": {"url": "http://example.com/"}}),
        "webhooks[0].clientConfig.url",
        "FieldValueInvalid",
    )
    .await
}

async fn webhooks_are_somewhere(bench: &Bench) -> Result<()> {
    webhook(
        bench,
        json!({"clientConfig": {}}),
        "webhooks[0].clientConfig",
        "FieldValueRequired",
    )
    .await
}

async fn webhooks_answer_within_30_seconds(bench: &Bench) -> Result<()> {
    webhook(
        bench,
        json!({"timeoutSeconds": 31}),
        "webhooks[0].timeoutSeconds",
        "FieldValueInvalid",
    )
    .await
}

async fn webhooks_fail_or_are_ignored(bench: &Bench) -> Result<()> {
    webhook(
        bench,
        json!({"failurePolicy": "Retry"}),
        "webhooks[0].failurePolicy",
        "FieldValueNotSupported",
    )
    .await
}

async fn tls_secrets_hold_a_certificate(bench: &Bench) -> Result<()> {
    let object = json!({"metadata": {"name": "a"}, "type": "kubernetes.io/tls"});
    refused(
        bench,
        "secrets",
        object,
        "data[tls.crt]",
        "FieldValueRequired",
    )
    .await
}

async fn rules_have_verbs(bench: &Bench) -> Result<()> {
    let rule = json!({"verbs": [], "apiGroups": [""], "resources": ["pods"]});
    let object = json!({"metadata": {"name": "a"}, "rules": [rule]});
    refused(
        bench,
        "roles",
        object,
        "rules[0].verbs",
        "FieldValueRequired",
    )
    .await
}

async fn bindings_refer_to_roles(bench: &Bench) -> Result<()> {
    let object = json!({"metadata": {"name": "a"}, "roleRef": {"kind": "Roll", "name": "a"}});
    refused(
        bench,
        "rolebindings",
        object,
        "roleRef.kind",
        "FieldValueNotSupported",
    )
    .await
}

async fn bindings_keep_their_role(bench: &Bench) -> Result<()> {
    let role =
        |name: &str| json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name});
    let object = json!({"metadata": {"name": "a"}, "roleRef": role("a")});
    bench.post("rolebindings", &object).await?.ok(201)?;
    let answer = bench
        .merge("rolebindings/a", &json!({"roleRef": role("b")}))
        .await?;
    answer
        .invalid("roleRef", "FieldValueInvalid")?
        .says("/message", "cannot change roleRef")
}

async fn secret_values_are_base64(bench: &Bench) -> Result<()> {
    let object = json!({"metadata": {"name": "a"}, "data": {"key": "%%"}});
    let status = bench
        .post("secrets", &object)
        .await?
        .refused(400, "BadRequest")?;
    status.says("/message", "illegal base64 data at input byte 0")
}

async fn labels_are_texts(bench: &Bench) -> Result<()> {
    let object = json!({"metadata": {"name": "a", "labels": {"a": 1}}});
    bench
        .post("configmaps", &object)
        .await?
        .refused(400, "BadRequest")
        .map(drop)
}

async fn string_data_becomes_data(bench: &Bench) -> Result<()> {
    let object = json!({"metadata": {"name": "a"}, "stringData": {"key": "value"}});
    let created = bench.post("secrets", &object).await?.ok(201)?;
    created.has("/data", json!({"key": "dmFsdWU="}))?;
    created.lacks("/stringData")
}

async fn string_data_wins_over_data(bench: &Bench) -> Result<()> {
    bench.post("secrets", &secret("a")).await?.ok(201)?;
    let patch = json!({"data": {"other": "dmFsdWU="}, "stringData": {"key": "new"}});
    let patched = bench.merge("secrets/a", &patch).await?.ok(200)?;
    patched.has("/data", json!({"key": "bmV3", "other": "dmFsdWU="}))
}
