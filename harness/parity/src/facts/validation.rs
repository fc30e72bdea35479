//! Refusals of Pods and workloads: which field, and why. Nothing here is stored.

use anyhow::Result;
use serde_json::{Value, json};

use crate::Bench;
use crate::claim::Claims;
use crate::fact::facts;

facts! { "validation":
    pods_need_containers,
    pods_know_three_restart_policies,
    volumes_have_different_names,
    containers_have_different_names,
    containers_are_named_as_dns_labels,
    containers_need_an_image,
    mounts_need_their_volume,
    container_ports_are_not_zero,
    container_ports_are_named_as_services,
    requests_stay_within_limits,
    variables_are_named_without_equals,
    probes_need_an_action,
    deployments_select_their_own_pods,
    deployments_need_a_selector,
    deployments_do_not_select_everything,
    deployments_have_no_negative_replicas,
    recreating_excludes_a_rolling_update,
    a_rolling_update_must_be_able_to_move,
    deployments_know_two_strategies,
    pods_of_deployments_always_restart,
    every_problem_is_told_at_once,
    the_message_lists_every_problem,
    quantities_are_parsed_when_read,
    types_are_checked_when_read,
    stateful_sets_keep_their_service_name,
    jobs_need_a_restart_policy,
    jobs_keep_their_completions,
}

/// The claim that a Pod whose specification has these fields is refused for `field`.
async fn pod(bench: &Bench, fields: Value, field: &str, reason: &str) -> Result<()> {
    let object = overlaid(crate::object::pod("a"), &fields);
    bench
        .post("pods", &object)
        .await?
        .invalid(field, reason)
        .map(drop)
}

/// The same about fields of the container of a Pod.
async fn container(bench: &Bench, fields: Value, field: &str, reason: &str) -> Result<()> {
    let mut container = json!({"name": "c", "image": "i"});
    for (key, value) in fields.as_object().into_iter().flatten() {
        container[key] = value.clone();
    }
    pod(bench, json!({"containers": [container]}), field, reason).await
}

/// The same about fields of the specification of a Deployment.
async fn deployment(bench: &Bench, fields: Value, field: &str, reason: &str) -> Result<()> {
    let object = overlaid(crate::object::deployment("a", 0), &fields);
    bench
        .post("deployments", &object)
        .await?
        .invalid(field, reason)
        .map(drop)
}

fn overlaid(mut object: Value, fields: &Value) -> Value {
    for (key, value) in fields.as_object().into_iter().flatten() {
        object["spec"][key] = value.clone();
    }
    object
}

async fn pods_need_containers(bench: &Bench) -> Result<()> {
    pod(
        bench,
        json!({"containers": []}),
        "spec.containers",
        "FieldValueRequired",
    )
    .await
}

async fn pods_know_three_restart_policies(bench: &Bench) -> Result<()> {
    pod(
        bench,
        json!({"restartPolicy": "Sometimes"}),
        "spec.restartPolicy",
        "FieldValueNotSupported",
    )
    .await
}

async fn volumes_have_different_names(bench: &Bench) -> Result<()> {
    pod(
        bench,
        json!({"volumes": [{"name": "a"}, {"name": "a"}]}),
        "spec.volumes[1].name",
        "FieldValueDuplicate",
    )
    .await
}

async fn containers_have_different_names(bench: &Bench) -> Result<()> {
    pod(
        bench,
        json!({"containers": [{"name": "c", "image": "i"}, {"name": "c", "image": "i"}]}),
        "spec.containers[1].name",
        "FieldValueDuplicate",
    )
    .await
}

async fn containers_are_named_as_dns_labels(bench: &Bench) -> Result<()> {
    container(
        bench,
        json!({"name": "Not_DNS"}),
        "spec.containers[0].name",
        "FieldValueInvalid",
    )
    .await
}

async fn containers_need_an_image(bench: &Bench) -> Result<()> {
    container(
        bench,
        json!({"image": ""}),
        "spec.containers[0].image",
        "FieldValueRequired",
    )
    .await
}

async fn mounts_need_their_volume(bench: &Bench) -> Result<()> {
    container(
        bench,
        json!({"volumeMounts": [{"name": "missing", "mountPath": "/a"}]}),
        "spec.containers[0].volumeMounts[0].name",
        "FieldValueNotFound",
    )
    .await
}

async fn container_ports_are_not_zero(bench: &Bench) -> Result<()> {
    container(
        bench,
        json!({"ports": [{"containerPort": 0}]}),
        "spec.containers[0].ports[0].containerPort",
        "FieldValueRequired",
    )
    .await
}

async fn container_ports_are_named_as_services(bench: &Bench) -> Result<()> {
    container(
        bench,
        json!({"ports": [{"containerPort": 80, "name": "Not_IANA"}]}),
        "spec.containers[0].ports[0].name",
        "FieldValueInvalid",
    )
    .await
}

async fn requests_stay_within_limits(bench: &Bench) -> Result<()> {
    container(
        bench,
        json!({"resources": {"limits": {"cpu": "1"}, "requests": {"cpu": "2"}}}),
        "spec.containers[0].resources.requests",
        "FieldValueInvalid",
    )
    .await
}

async fn variables_are_named_without_equals(bench: &Bench) -> Result<()> {
    container(
        bench,
        json!({"env": [{"name": "a=b"}]}),
        "spec.containers[0].env[0].name",
        "FieldValueInvalid",
    )
    .await
}

async fn probes_need_an_action(bench: &Bench) -> Result<()> {
    container(
        bench,
        json!({"livenessProbe": {}}),
        "spec.containers[0].livenessProbe",
        "FieldValueRequired",
    )
    .await
}

async fn deployments_select_their_own_pods(bench: &Bench) -> Result<()> {
    deployment(
        bench,
        json!({"selector": {"matchLabels": {"app": "other"}}}),
        "spec.template.metadata.labels",
        "FieldValueInvalid",
    )
    .await
}

async fn deployments_need_a_selector(bench: &Bench) -> Result<()> {
    deployment(
        bench,
        json!({"selector": null}),
        "spec.selector",
        "FieldValueRequired",
    )
    .await
}

async fn deployments_do_not_select_everything(bench: &Bench) -> Result<()> {
    deployment(
        bench,
        json!({"selector": {}}),
        "spec.selector",
        "FieldValueInvalid",
    )
    .await
}

async fn deployments_have_no_negative_replicas(bench: &Bench) -> Result<()> {
    deployment(
        bench,
        json!({"replicas": -1}),
        "spec.replicas",
        "FieldValueInvalid",
    )
    .await
}

async fn recreating_excludes_a_rolling_update(bench: &Bench) -> Result<()> {
    deployment(
        bench,
        json!({"strategy": {"type": "Recreate", "rollingUpdate": {}}}),
        "spec.strategy.rollingUpdate",
        "FieldValueForbidden",
    )
    .await
}

async fn a_rolling_update_must_be_able_to_move(bench: &Bench) -> Result<()> {
    deployment(
        bench,
        json!({"strategy": {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 0}}}),
        "spec.strategy.rollingUpdate.maxUnavailable",
        "FieldValueInvalid",
    )
    .await
}

async fn deployments_know_two_strategies(bench: &Bench) -> Result<()> {
    deployment(
        bench,
        json!({"strategy": {"type": "Jump"}}),
        "spec.strategy",
        "FieldValueNotSupported",
    )
    .await
}

async fn pods_of_deployments_always_restart(bench: &Bench) -> Result<()> {
    deployment(bench, json!({"template": {"metadata": {"labels": {"app": "a"}}, "spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}]}}}), "spec.template.spec.restartPolicy", "FieldValueNotSupported").await
}

/// Two mistakes in one Pod.
async fn two_mistakes(bench: &Bench) -> Result<Value> {
    let mut object = crate::object::pod("Not_DNS");
    object["spec"]["restartPolicy"] = "Sometimes".into();
    bench.post("pods", &object).await?.refused(422, "Invalid")
}

async fn every_problem_is_told_at_once(bench: &Bench) -> Result<()> {
    let status = two_mistakes(bench).await?;
    status.has("/details/causes/0/field", "metadata.name")?;
    status.has("/details/causes/1/field", "spec.restartPolicy")?;
    status.has("/details/kind", "Pod")?;
    status.has("/details/name", "Not_DNS")
}

async fn the_message_lists_every_problem(bench: &Bench) -> Result<()> {
    let status = two_mistakes(bench).await?;
    status.says(
        "/message",
        "Pod \"Not_DNS\" is invalid: [metadata.name: Invalid value: ",
    )?;
    let last = ", spec.restartPolicy: Unsupported value: \"Sometimes\": supported values: \
                \"Always\", \"OnFailure\", \"Never\"]";
    status.says("/message", last)
}

async fn quantities_are_parsed_when_read(bench: &Bench) -> Result<()> {
    let mut object = crate::object::pod("a");
    object["spec"]["containers"][0]["resources"] = json!({"limits": {"cpu": "much"}});
    let status = bench
        .post("pods", &object)
        .await?
        .refused(400, "BadRequest")?;
    status.says("/message", "quantities must match the regular expression")
}

async fn types_are_checked_when_read(bench: &Bench) -> Result<()> {
    let object = overlaid(
        crate::object::deployment("a", 0),
        &json!({"replicas": "many"}),
    );
    let status = bench
        .post("deployments", &object)
        .await?
        .refused(400, "BadRequest")?;
    status.says(
        "/message",
        "Deployment in version \"v1\" cannot be handled as a Deployment",
    )
}

async fn stateful_sets_keep_their_service_name(bench: &Bench) -> Result<()> {
    bench
        .post("statefulsets", &crate::object::stateful_set("a", 0))
        .await?
        .ok(201)?;
    let answer = bench
        .merge("statefulsets/a", &json!({"spec": {"serviceName": "b"}}))
        .await?;
    answer.invalid("spec", "FieldValueForbidden").map(drop)
}

async fn jobs_need_a_restart_policy(bench: &Bench) -> Result<()> {
    let template = json!({"spec": crate::object::pod_spec()});
    let object = json!({"metadata": {"name": "a"}, "spec": {"template": template}});
    let answer = bench.post("jobs", &object).await?;
    answer
        .invalid("spec.template.spec.restartPolicy", "FieldValueRequired")
        .map(drop)
}

async fn jobs_keep_their_completions(bench: &Bench) -> Result<()> {
    let mut spec = crate::object::pod_spec();
    spec["restartPolicy"] = "Never".into();
    let spec = json!({"suspend": true, "template": {"spec": spec}});
    bench
        .post("jobs", &json!({"metadata": {"name": "a"}, "spec": spec}))
        .await?
        .ok(201)?;
    let answer = bench
        .merge("jobs/a", &json!({"spec": {"completions": 4}}))
        .await?;
    answer
        .invalid("spec.completions", "FieldValueInvalid")
        .map(drop)
}
