//! Admission webhooks: when they are called, what they are told, what they can do.

use std::sync::{Arc, Mutex};

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use serde_json::{Value, json};

use crate::Bench;
use crate::claim::Claims;
use crate::fact::facts;
use crate::object::{config_map, labelled};
use crate::site::Hook;

facts! { "webhooks":
    may_change_what_is_created,
    may_deny_what_is_created,
    may_deny_with_a_code_and_reason,
    denials_by_validation_name_the_webhook,
    are_told_what_is_asked,
    are_told_the_old_object_of_an_update,
    are_told_the_old_object_of_a_deletion,
    are_told_of_dry_runs,
    answer_with_warnings,
    see_objects_with_their_defaults,
    are_called_for_their_operations_only,
    are_called_for_their_resources_only,
    are_called_for_matching_objects_only,
    are_called_for_matching_namespaces_only,
    that_cannot_be_reached_fail_the_request,
    that_cannot_be_reached_are_ignored_if_so_told,
    that_answer_another_uid_fail_the_request,
    that_patch_nonsense_fail_the_request,
    change_before_others_validate,
    match_conditions_decide_by_expression,
}

/// What the webhook was asked.
type Asked = Arc<Mutex<Vec<Value>>>;

/// A hook that notes each request and answers by `decide`, whose uid is filled in.
fn hook(decide: impl Fn(&Value) -> Value + Send + Sync + 'static) -> (Hook, Asked) {
    let asked = Asked::default();
    let notes = asked.clone();
    let hook = move |review: &Value| {
        let request = &review["request"];
        let mut response = decide(request);
        if response.get("uid").is_none() {
            response["uid"] = request["uid"].clone();
        }
        // Neither the readiness probe of `install` nor what controllers write is the fact's.
        if !is_probe(request) && request["name"] != "kube-root-ca.crt" {
            notes
                .lock()
                .expect("no holder panics")
                .push(request.clone());
        }
        json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
            "response": response})
    };
    (Arc::new(hook), asked)
}

fn is_probe(request: &Value) -> bool {
    request["name"]
        .as_str()
        .is_some_and(|name| name.starts_with("probe"))
}

fn allowed() -> Value {
    json!({"allowed": true})
}

/// A response that makes this JSON patch.
fn patch(operations: &Value) -> Value {
    let patch = base64::engine::general_purpose::STANDARD.encode(operations.to_string());
    json!({"allowed": true, "patchType": "JSONPatch", "patch": patch})
}

/// A webhook for ConfigMaps of the fact's own namespace; `extra` overrides its fields.
fn webhook(bench: &Bench, client: Value, extra: &Value) -> Value {
    let rule = json!({"operations": ["CREATE", "UPDATE", "DELETE"], "apiGroups": [""],
        "apiVersions": ["v1"], "resources": ["configmaps"]});
    let own = json!({"matchLabels": {"kubernetes.io/metadata.name": bench.namespace()}});
    let mut webhook = json!({"name": "hook.example.com", "clientConfig": client,
        "rules": [rule], "sideEffects": "None", "admissionReviewVersions": ["v1"],
        "namespaceSelector": own});
    for (key, value) in extra.as_object().into_iter().flatten() {
        webhook[key] = value.clone();
    }
    webhook
}

fn configurations(kind: &str) -> String {
    format!("/apis/admissionregistration.k8s.io/v1/{kind}webhookconfigurations")
}

/// Installs a webhook of this kind (`mutating` or `validating`).
async fn configure(bench: &Bench, kind: &str, webhook: Value) -> Result<()> {
    let object = json!({"metadata": {"name": bench.unique(kind)}, "webhooks": [webhook]});
    bench
        .post(&configurations(kind), &object)
        .await?
        .ok(201)
        .map(drop)
}

/// Installs the webhook and waits until the server knows it: a webhook of the same configuration
/// denies one probing name, and configurations become known as a whole.
async fn install(bench: &Bench, kind: &str, hook: Hook, extra: Value) -> Result<()> {
    let client = bench.serve(hook).await?;
    let (doorman, _) = self::hook(|request| json!({"allowed": !is_probe(request)}));
    let doorman = webhook(
        bench,
        bench.serve(doorman).await?,
        &json!({"name": "probe.example.com"}),
    );
    let object = json!({"metadata": {"name": bench.unique(kind)},
        "webhooks": [doorman, webhook(bench, client, &extra)]});
    bench.post(&configurations(kind), &object).await?.ok(201)?;
    known(bench).await
}

/// Waits until the probing name is denied.
async fn known(bench: &Bench) -> Result<()> {
    let probe = async || {
        let answer = bench
            .post("configmaps?dryRun=All", &config_map("probe"))
            .await?;
        ensure!(
            answer.code == 400 || answer.code == 403,
            "the webhook is not known yet"
        );
        Ok(())
    };
    bench.eventually(probe).await
}

fn last(asked: &Asked) -> Result<Value> {
    asked
        .lock()
        .expect("no holder panics")
        .last()
        .cloned()
        .context("the webhook was not called")
}

fn count(asked: &Asked) -> usize {
    asked.lock().expect("no holder panics").len()
}

async fn may_change_what_is_created(bench: &Bench) -> Result<()> {
    let (hook, _) =
        hook(|_| patch(&json!([{"op": "add", "path": "/data/injected", "value": "1"}])));
    install(bench, "mutating", hook, json!({})).await?;
    let created = bench.post("configmaps", &config_map("a")).await?.ok(201)?;
    created.has("/data", json!({"injected": "1", "key": "value"}))
}

async fn may_deny_what_is_created(bench: &Bench) -> Result<()> {
    let (hook, _) = hook(|_| json!({"allowed": false, "status": {"message": "not today"}}));
    install(bench, "mutating", hook, json!({})).await?;
    let status = bench.post("configmaps", &config_map("a")).await?.ok(400)?;
    let message = "admission webhook \"hook.example.com\" denied the request: not today";
    status.has("/message", message)
}

async fn may_deny_with_a_code_and_reason(bench: &Bench) -> Result<()> {
    let status = json!({"code": 409, "reason": "Conflict", "message": "taken"});
    let (hook, _) = hook(move |_| json!({"allowed": false, "status": status}));
    install(bench, "mutating", hook, json!({})).await?;
    let status = bench
        .post("configmaps", &config_map("a"))
        .await?
        .refused(409, "Conflict")?;
    status.says("/message", "denied the request: taken")
}

async fn denials_by_validation_name_the_webhook(bench: &Bench) -> Result<()> {
    let (hook, _) = hook(|_| json!({"allowed": false}));
    install(bench, "validating", hook, json!({})).await?;
    let status = bench.post("configmaps", &config_map("a")).await?.ok(400)?;
    let message = "admission webhook \"hook.example.com\" denied the request without explanation";
    status.has("/message", message)
}

async fn are_told_what_is_asked(bench: &Bench) -> Result<()> {
    let (hook, asked) = hook(|_| allowed());
    install(bench, "validating", hook, json!({})).await?;
    bench.post("configmaps", &config_map("a")).await?.ok(201)?;
    let request = last(&asked)?;
    request.text("/uid")?;
    request.has(
        "/kind",
        json!({"group": "", "version": "v1", "kind": "ConfigMap"}),
    )?;
    let resource = json!({"group": "", "version": "v1", "resource": "configmaps"});
    request.has("/resource", resource.clone())?;
    request.has("/requestResource", resource)?;
    request.has("/name", "a")?;
    request.has("/namespace", bench.namespace())?;
    request.has("/operation", "CREATE")?;
    request.text("/userInfo/username")?;
    request.has("/object/metadata/name", "a")?;
    request.has("/oldObject", Value::Null)?;
    request.has("/dryRun", false)?;
    request.has("/options/kind", "CreateOptions")
}

async fn are_told_the_old_object_of_an_update(bench: &Bench) -> Result<()> {
    let (hook, asked) = hook(|_| allowed());
    install(bench, "validating", hook, json!({})).await?;
    bench.post("configmaps", &config_map("a")).await?.ok(201)?;
    bench
        .merge("configmaps/a", &json!({"data": {"key": "other"}}))
        .await?
        .ok(200)?;
    let request = last(&asked)?;
    request.has("/operation", "UPDATE")?;
    request.has("/oldObject/data/key", "value")?;
    request.has("/object/data/key", "other")
}

async fn are_told_the_old_object_of_a_deletion(bench: &Bench) -> Result<()> {
    let (hook, asked) = hook(|_| allowed());
    install(bench, "validating", hook, json!({})).await?;
    bench.post("configmaps", &config_map("a")).await?.ok(201)?;
    bench.delete("configmaps/a").await?.ok(200)?;
    let request = last(&asked)?;
    request.has("/operation", "DELETE")?;
    request.has("/object", Value::Null)?;
    request.has("/oldObject/data/key", "value")
}

async fn are_told_of_dry_runs(bench: &Bench) -> Result<()> {
    let (hook, asked) = hook(|_| allowed());
    install(bench, "validating", hook, json!({})).await?;
    bench
        .post("configmaps?dryRun=All", &config_map("a"))
        .await?
        .ok(201)?;
    last(&asked)?.has("/dryRun", true)
}

async fn answer_with_warnings(bench: &Bench) -> Result<()> {
    let (hook, _) = hook(|_| json!({"allowed": true, "warnings": ["think again"]}));
    install(bench, "validating", hook, json!({})).await?;
    let answer = bench.post("configmaps", &config_map("a")).await?;
    let warning = answer.header("warning");
    ensure!(
        warning.contains("299 - \"think again\""),
        "warning {warning:?}"
    );
    answer.ok(201).map(drop)
}

/// The rule for Pods instead of ConfigMaps.
fn pods() -> Value {
    json!([{"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"],
        "resources": ["pods"]}])
}

async fn see_objects_with_their_defaults(bench: &Bench) -> Result<()> {
    let (hook, asked) = hook(|_| allowed());
    install(bench, "mutating", hook, json!({"rules": pods()})).await?;
    bench
        .post("pods", &crate::object::pod("a"))
        .await?
        .ok(201)?;
    let request = last(&asked)?;
    request.has("/object/spec/restartPolicy", "Always")?;
    request.has("/object/spec/serviceAccountName", "default")?;
    request.lacks("/object/metadata/resourceVersion")
}

async fn are_called_for_their_operations_only(bench: &Bench) -> Result<()> {
    let (hook, asked) = hook(|_| allowed());
    let rule = json!([{"operations": ["UPDATE"], "apiGroups": [""], "apiVersions": ["v1"],
        "resources": ["configmaps"]}]);
    install(bench, "validating", hook, json!({"rules": rule})).await?;
    bench.post("configmaps", &config_map("a")).await?.ok(201)?;
    ensure!(count(&asked) == 0, "called for a creation");
    bench
        .merge("configmaps/a", &json!({"data": {"key": "other"}}))
        .await?
        .ok(200)?;
    ensure!(count(&asked) == 1, "not called for an update");
    Ok(())
}

async fn are_called_for_their_resources_only(bench: &Bench) -> Result<()> {
    let (hook, asked) = hook(|_| allowed());
    install(bench, "validating", hook, json!({"rules": pods()})).await?;
    bench.post("configmaps", &config_map("a")).await?.ok(201)?;
    ensure!(count(&asked) == 0, "called for a ConfigMap");
    Ok(())
}

async fn are_called_for_matching_objects_only(bench: &Bench) -> Result<()> {
    let (hook, asked) = hook(|_| allowed());
    let selector = json!({"matchLabels": {"inject": "true"}});
    install(
        bench,
        "validating",
        hook,
        json!({"objectSelector": selector}),
    )
    .await?;
    bench.post("configmaps", &config_map("a")).await?.ok(201)?;
    ensure!(count(&asked) == 0, "called without the label");
    bench
        .post("configmaps", &labelled("b", &json!({"inject": "true"})))
        .await?
        .ok(201)?;
    ensure!(count(&asked) == 1, "not called with the label");
    Ok(())
}

async fn are_called_for_matching_namespaces_only(bench: &Bench) -> Result<()> {
    let (hook, asked) = hook(|_| allowed());
    install(bench, "validating", hook, json!({})).await?;
    let name = bench.unique("elsewhere");
    let path = "/api/v1/namespaces/default/configmaps";
    bench.post(path, &config_map(&name)).await?.ok(201)?;
    bench.delete(&format!("{path}/{name}")).await?.ok(200)?;
    ensure!(count(&asked) == 0, "called in another namespace");
    Ok(())
}

/// A webhook that nobody serves: the discard port on loopback.
async fn unreachable(bench: &Bench, policy: &str) -> Result<()> {
    let client = json!({"url": "https://127.0.0.1:9/review"});
    let extra = json!({"failurePolicy": policy, "timeoutSeconds": 1});
    let (doorman, _) = hook(|request| json!({"allowed": !is_probe(request)}));
    let doorman = webhook(
        bench,
        bench.serve(doorman).await?,
        &json!({"name": "probe.example.com"}),
    );
    let object = json!({"metadata": {"name": bench.unique("validating")},
        "webhooks": [doorman, webhook(bench, client, &extra)]});
    bench
        .post(&configurations("validating"), &object)
        .await?
        .ok(201)?;
    let probe = async || {
        let answer = bench
            .post("configmaps?dryRun=All", &config_map("probe"))
            .await?;
        ensure!(answer.code >= 400, "the webhook is not known yet");
        Ok(())
    };
    bench.eventually(probe).await
}

async fn that_cannot_be_reached_fail_the_request(bench: &Bench) -> Result<()> {
    unreachable(bench, "Fail").await?;
    let answer = bench.post("configmaps", &config_map("a")).await?;
    let status = answer.refused(500, "InternalError")?;
    let message = "Internal error occurred: failed calling webhook \"hook.example.com\": failed \
                   to call webhook: ";
    status.says("/message", message)?;
    bench
        .delete(&format!(
            "{}/{}",
            configurations("validating"),
            bench.unique("validating")
        ))
        .await?
        .ok(200)
        .map(drop)
}

async fn that_cannot_be_reached_are_ignored_if_so_told(bench: &Bench) -> Result<()> {
    unreachable(bench, "Ignore").await?;
    bench
        .post("configmaps", &config_map("a"))
        .await?
        .ok(201)
        .map(drop)
}

async fn that_answer_another_uid_fail_the_request(bench: &Bench) -> Result<()> {
    let (hook, _) = hook(|_| json!({"allowed": true, "uid": "another"}));
    install(bench, "mutating", hook, json!({})).await?;
    let answer = bench.post("configmaps", &config_map("a")).await?;
    let status = answer.refused(500, "InternalError")?;
    status.says("/message", "expected response.uid=")
}

async fn that_patch_nonsense_fail_the_request(bench: &Bench) -> Result<()> {
    let (hook, _) = hook(|_| patch(&json!([{"op": "remove", "path": "/data/missing"}])));
    install(bench, "mutating", hook, json!({})).await?;
    let answer = bench.post("configmaps", &config_map("a")).await?;
    answer.refused(500, "InternalError").map(drop)
}

async fn change_before_others_validate(bench: &Bench) -> Result<()> {
    let (mutating, _) =
        hook(|_| patch(&json!([{"op": "add", "path": "/data/injected", "value": "1"}])));
    let (validating, asked) = hook(|_| allowed());
    let client = bench.serve(validating).await?;
    configure(bench, "validating", webhook(bench, client, &json!({}))).await?;
    install(bench, "mutating", mutating, json!({})).await?;
    let created = async || {
        let path = "configmaps?dryRun=All";
        bench.post(path, &config_map("a")).await?.ok(201)?;
        last(&asked)
    };
    bench
        .eventually(created)
        .await?
        .has("/object/data/injected", "1")
}

async fn match_conditions_decide_by_expression(bench: &Bench) -> Result<()> {
    let (hook, asked) = hook(|_| allowed());
    let condition = json!([{"name": "named", "expression": "object.metadata.name == 'b'"}]);
    install(
        bench,
        "validating",
        hook,
        json!({"matchConditions": condition}),
    )
    .await?;
    bench.post("configmaps", &config_map("a")).await?.ok(201)?;
    ensure!(count(&asked) == 0, "called though the condition is false");
    bench.post("configmaps", &config_map("b")).await?.ok(201)?;
    ensure!(
        count(&asked) == 1,
        "not called though the condition is true"
    );
    Ok(())
}
