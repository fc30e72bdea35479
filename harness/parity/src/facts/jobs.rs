//! Jobs: how their pods are counted, and what is said when they are over.

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use super::kubelet::{await_pods, name};
use crate::Bench;
use crate::claim::Claims;
use crate::fact::facts;

facts! { "jobs":
    let_go_of_pods_that_are_counted,
    say_that_they_will_be_complete_and_that_they_are,
    fail_beyond_their_limit,
    fail_when_their_time_is_up,
    make_no_more_pods_than_are_needed,
    replace_failed_pods_only_after_a_while,
    that_are_deleted_let_go_of_their_pods,
    that_go_on_say_so,
    that_others_manage_are_left_alone,
}

/// The Job `a` with these fields, whose pods are labelled `app: a` too.
async fn job(bench: &Bench, fields: Value) -> Result<()> {
    let mut template = crate::object::template("a");
    template["spec"]["restartPolicy"] = "Never".into();
    let mut spec = json!({"template": template});
    for (field, value) in fields.as_object().into_iter().flatten() {
        spec[field] = value.clone();
    }
    bench
        .post("jobs", &json!({"metadata": {"name": "a"}, "spec": spec}))
        .await?
        .ok(201)
        .map(drop)
}

/// Lets a pod come to its end.
async fn end(bench: &Bench, pod: &Value, phase: &str) -> Result<()> {
    bench
        .strategic(
            &format!("pods/{}/status", name(pod)?),
            &json!({"status": {"phase": phase}}),
        )
        .await?
        .ok(200)
        .map(drop)
}

/// Waits for a condition of the Job `a` that is true.
async fn says(bench: &Bench, kind: &str) -> Result<Value> {
    bench
        .eventually(async || {
            let job = bench.get("jobs/a").await?.ok(200)?;
            let mut all = job["status"]["conditions"].as_array().into_iter().flatten();
            let found = all.find(|one| one["type"] == kind && one["status"] == "True");
            anyhow::Context::with_context(found.cloned(), || format!("no {kind}: {job}"))
        })
        .await
}

async fn let_go_of_pods_that_are_counted(bench: &Bench) -> Result<()> {
    job(bench, json!({})).await?;
    let pod = await_pods(bench, "a", 1).await?.remove(0);
    end(bench, &pod, "Succeeded").await?;
    bench
        .eventually(async || {
            let pod = bench.get(&format!("pods/{}", name(&pod)?)).await?.ok(200)?;
            pod.lacks("/metadata/finalizers")
        })
        .await?;
    bench
        .eventually(async || {
            let job = bench.get("jobs/a").await?.ok(200)?;
            job.has("/status/succeeded", 1)?;
            job.has("/status/ready", 0)?;
            job.lacks("/status/active")?;
            job.has("/status/uncountedTerminatedPods", json!({}))
        })
        .await
}

async fn say_that_they_will_be_complete_and_that_they_are(bench: &Bench) -> Result<()> {
    job(bench, json!({})).await?;
    let pod = await_pods(bench, "a", 1).await?.remove(0);
    end(bench, &pod, "Succeeded").await?;
    let complete = says(bench, "Complete").await?;
    complete.has("/reason", "CompletionsReached")?;
    complete.has("/message", "Reached expected number of succeeded pods")?;
    says(bench, "SuccessCriteriaMet").await.map(drop)
}

async fn fail_beyond_their_limit(bench: &Bench) -> Result<()> {
    job(bench, json!({"backoffLimit": 0})).await?;
    let pod = await_pods(bench, "a", 1).await?.remove(0);
    end(bench, &pod, "Failed").await?;
    let failed = says(bench, "Failed").await?;
    failed.has("/reason", "BackoffLimitExceeded")?;
    failed.has("/message", "Job has reached the specified backoff limit")?;
    says(bench, "FailureTarget").await?;
    let job = bench.get("jobs/a").await?.ok(200)?;
    job.has("/status/failed", 1)?;
    job.lacks("/status/completionTime")
}

async fn fail_when_their_time_is_up(bench: &Bench) -> Result<()> {
    job(bench, json!({"activeDeadlineSeconds": 1})).await?;
    await_pods(bench, "a", 1).await?;
    let failed = says(bench, "Failed").await?;
    failed.has("/reason", "DeadlineExceeded")?;
    await_pods(bench, "a", 0).await?;
    let job = bench.get("jobs/a").await?.ok(200)?;
    job.has("/status/failed", 1)
}

async fn make_no_more_pods_than_are_needed(bench: &Bench) -> Result<()> {
    job(bench, json!({"parallelism": 2, "completions": 3})).await?;
    let pods = await_pods(bench, "a", 2).await?;
    end(bench, &pods[0], "Succeeded").await?;
    let pods = await_pods(bench, "a", 3).await?;
    for pod in &pods {
        end(bench, pod, "Succeeded").await?;
    }
    says(bench, "Complete").await?;
    ensure!(
        await_pods(bench, "a", 3).await?.len() == 3,
        "more pods than completions"
    );
    let job = bench.get("jobs/a").await?.ok(200)?;
    job.has("/status/succeeded", 3)
}

async fn replace_failed_pods_only_after_a_while(bench: &Bench) -> Result<()> {
    job(bench, json!({})).await?;
    let pod = await_pods(bench, "a", 1).await?.remove(0);
    end(bench, &pod, "Failed").await?;
    bench
        .eventually(async || {
            let job = bench.get("jobs/a").await?.ok(200)?;
            job.has("/status/failed", 1)?;
            job.lacks("/status/active")
        })
        .await?;
    ensure!(
        await_pods(bench, "a", 1).await?.len() == 1,
        "replaced at once"
    );
    await_pods(bench, "a", 2).await.map(drop)
}

async fn that_are_deleted_let_go_of_their_pods(bench: &Bench) -> Result<()> {
    job(bench, json!({})).await?;
    let pod = await_pods(bench, "a", 1).await?.remove(0);
    bench
        .delete("jobs/a?propagationPolicy=Background")
        .await?
        .ok(200)?;
    bench
        .eventually(async || {
            let path = format!("pods/{}", name(&pod)?);
            bench.get(&path).await?.ok(404).map(drop)
        })
        .await
}

async fn that_go_on_say_so(bench: &Bench) -> Result<()> {
    job(bench, json!({"suspend": true})).await?;
    let said = says(bench, "Suspended").await?;
    said.has("/reason", "JobSuspended")?;
    let job = bench.get("jobs/a").await?.ok(200)?;
    job.lacks("/status/startTime")?;
    bench
        .merge("jobs/a", &json!({"spec": {"suspend": false}}))
        .await?
        .ok(200)?;
    bench
        .eventually(async || {
            let job = bench.get("jobs/a").await?.ok(200)?;
            job.has("/status/conditions/0/reason", "JobResumed")?;
            job.has("/status/conditions/0/status", "False")?;
            job.text("/status/startTime").map(drop)
        })
        .await
}

async fn that_others_manage_are_left_alone(bench: &Bench) -> Result<()> {
    job(bench, json!({"managedBy": "example.com/other"})).await?;
    // Another Job, made later and seen to, shows that this one had its turn.
    let mut template = crate::object::template("b");
    template["spec"]["restartPolicy"] = "Never".into();
    let other = json!({"metadata": {"name": "b"}, "spec": {"template": template}});
    bench.post("jobs", &other).await?.ok(201)?;
    await_pods(bench, "b", 1).await?;
    await_pods(bench, "a", 0).await.map(drop)
}
