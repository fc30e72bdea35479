//! What the server fills into everything that makes pods, field by field.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::Bench;
use crate::claim::Claims;
use crate::fact::facts;

facts! { "defaults_workloads":
    deployments,
    deployments_that_recreate,
    deployments_with_a_partial_rolling_update,
    replica_sets,
    stateful_sets,
    daemon_sets,
    pod_templates_get_no_admission_defaults,
    jobs,
    jobs_are_selected_by_their_uid,
    cron_jobs,
    quantities_are_kept_as_written,
}

/// What is stored of `spec`, to which a selector and a template are added, without the template.
async fn stored(bench: &Bench, resource: &str, mut spec: Value) -> Result<Value> {
    spec["selector"] = json!({"matchLabels": {"app": "a"}});
    spec["template"] = crate::object::template("a");
    let object = json!({"metadata": {"name": "a"}, "spec": spec});
    let mut created = bench.post(resource, &object).await?.ok(201)?;
    let spec = created["spec"].as_object_mut().context("a specification")?;
    spec.remove("template");
    spec.remove("selector");
    Ok(created["spec"].take())
}

async fn deployments(bench: &Bench) -> Result<()> {
    let rolling = json!({"maxSurge": "25%", "maxUnavailable": "25%"});
    let expected = json!({
        "progressDeadlineSeconds": 600,
        "replicas": 1,
        "revisionHistoryLimit": 10,
        "strategy": {"type": "RollingUpdate", "rollingUpdate": rolling},
    });
    stored(bench, "deployments", json!({}))
        .await?
        .has("", expected)
}

async fn deployments_that_recreate(bench: &Bench) -> Result<()> {
    let spec = json!({"strategy": {"type": "Recreate"}});
    stored(bench, "deployments", spec)
        .await?
        .has("/strategy", json!({"type": "Recreate"}))
}

async fn deployments_with_a_partial_rolling_update(bench: &Bench) -> Result<()> {
    let spec = json!({"strategy": {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}}});
    let spec = stored(bench, "deployments", spec).await?;
    spec.has("/strategy/type", "RollingUpdate")?;
    spec.has(
        "/strategy/rollingUpdate",
        json!({"maxSurge": 0, "maxUnavailable": 1}),
    )?;
    let patch = json!({"spec": {"strategy": {"rollingUpdate": {"maxUnavailable": null}}}});
    let patched = bench.merge("deployments/a", &patch).await?;
    patched
        .ok(200)?
        .has("/spec/strategy/rollingUpdate/maxUnavailable", "25%")
}

async fn replica_sets(bench: &Bench) -> Result<()> {
    stored(bench, "replicasets", json!({}))
        .await?
        .has("", json!({"replicas": 1}))
}

async fn stateful_sets(bench: &Bench) -> Result<()> {
    let retention = json!({"whenDeleted": "Retain", "whenScaled": "Retain"});
    let expected = json!({
        "persistentVolumeClaimRetentionPolicy": retention,
        "podManagementPolicy": "OrderedReady",
        "replicas": 1,
        "revisionHistoryLimit": 10,
        "serviceName": "a",
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
    });
    stored(bench, "statefulsets", json!({"serviceName": "a"}))
        .await?
        .has("", expected)
}

async fn daemon_sets(bench: &Bench) -> Result<()> {
    let rolling = json!({"maxSurge": 0, "maxUnavailable": 1});
    let expected = json!({
        "revisionHistoryLimit": 10,
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": rolling},
    });
    stored(bench, "daemonsets", json!({}))
        .await?
        .has("", expected)
}

async fn pod_templates_get_no_admission_defaults(bench: &Bench) -> Result<()> {
    let object = crate::object::deployment("a", 0);
    let created = bench.post("deployments", &object).await?.ok(201)?;
    let container = json!({
        "name": "app", "image": "example.com/app:1", "imagePullPolicy": "IfNotPresent",
        "resources": {}, "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
    });
    // No service account, tolerations, priority or service links: those are the Pod's.
    let spec = json!({
        "containers": [container],
        "dnsPolicy": "ClusterFirst",
        "restartPolicy": "Always",
        "schedulerName": "default-scheduler",
        "securityContext": {},
        "terminationGracePeriodSeconds": 30,
    });
    let labels = json!({"labels": {"app": "a"}});
    created.has("/spec/template", json!({"metadata": labels, "spec": spec}))
}

fn job_spec() -> Value {
    let mut spec = crate::object::pod_spec();
    spec["restartPolicy"] = "Never".into();
    json!({"suspend": true, "template": {"spec": spec}})
}

async fn jobs(bench: &Bench) -> Result<()> {
    let object = json!({"metadata": {"name": "a"}, "spec": job_spec()});
    let mut created = bench.post("jobs", &object).await?.ok(201)?;
    let spec = created["spec"].as_object_mut().context("a specification")?;
    spec.remove("template");
    spec.remove("selector");
    let expected = json!({
        "backoffLimit": 6,
        "completionMode": "NonIndexed",
        "completions": 1,
        "manualSelector": false,
        "parallelism": 1,
        "podReplacementPolicy": "TerminatingOrFailed",
        "suspend": true,
    });
    created.has("/spec", expected)
}

async fn jobs_are_selected_by_their_uid(bench: &Bench) -> Result<()> {
    let object = json!({"metadata": {"name": "a"}, "spec": job_spec()});
    let created = bench.post("jobs", &object).await?.ok(201)?;
    let uid = created.text("/metadata/uid")?;
    let selector = json!({"batch.kubernetes.io/controller-uid": uid});
    created.has("/spec/selector/matchLabels", selector)?;
    let labels = json!({"batch.kubernetes.io/controller-uid": uid, "controller-uid": uid,
        "batch.kubernetes.io/job-name": "a", "job-name": "a"});
    created.has("/spec/template/metadata/labels", labels)
}

async fn cron_jobs(bench: &Bench) -> Result<()> {
    let spec = json!({"schedule": "0 0 1 1 *", "jobTemplate": {"spec": job_spec()}});
    let object = json!({"metadata": {"name": "a"}, "spec": spec});
    let created = bench.post("cronjobs", &object).await?.ok(201)?;
    created.has("/spec/concurrencyPolicy", "Allow")?;
    created.has("/spec/suspend", false)?;
    created.has("/spec/successfulJobsHistoryLimit", 3)?;
    created.has("/spec/failedJobsHistoryLimit", 1)
}

async fn quantities_are_kept_as_written(bench: &Bench) -> Result<()> {
    let mut object = crate::object::pod("a");
    let requests = json!({"cpu": 1, "memory": "1024Mi", "ephemeral-storage": "0.5Gi"});
    object["spec"]["containers"][0]["resources"] = json!({"requests": requests});
    let created = bench.post("pods", &object).await?.ok(201)?;
    // Written in the canonical form: largest unit that loses nothing.
    let expected = json!({"cpu": "1", "memory": "1Gi", "ephemeral-storage": "512Mi"});
    created.has("/spec/containers/0/resources/requests", expected)
}
