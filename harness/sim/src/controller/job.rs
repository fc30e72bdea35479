//! Jobs: pods until enough have succeeded, or too many have failed.

use std::{sync::Arc, time::Duration};

use apiserver::{Clock, stamp};
use futures::{FutureExt, future::BoxFuture};
use k8s_openapi::api::{
    batch::v1::{Job, JobSpec},
    core::v1::Pod,
};
use serde_json::{Value, json};

use super::{Controller, INSTANT, Next, Reconciled, owner, pod};
use crate::cluster::{Api, Change, Key, Tables};

/// How many pods may fail. Source: the API's default.
const BACKOFF_LIMIT: i32 = 6;

/// Runs Jobs.
pub(crate) struct Jobs {
    api: Api,
    clock: Clock,
}

/// How many pods of a Job are in which state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Tally {
    active: i32,
    ready: i32,
    succeeded: i32,
    failed: i32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Running { missing: i32 },
    Complete,
    Failed,
}

impl Jobs {
    pub(crate) fn new(api: &Api, clock: Clock) -> Self {
        Self {
            api: api.named("job-controller"),
            clock,
        }
    }

    async fn sync(&self, key: &Key) -> Reconciled {
        let Some(job) = self.api.view().get::<Job>(key) else {
            return Ok(Next::Change);
        };
        let Some(spec) = job.spec.as_ref().filter(|_| !is_finished(&job)) else {
            return Ok(Next::Change);
        };
        if let Standing::Running { missing } = standing(spec, tally(&self.pods(&job))) {
            for _ in 0..missing {
                let pod = pod::from_template(&spec.template, &*job, None);
                self.api.create::<Pod>(pod).await?;
            }
        }
        let status = self.status(&job, spec);
        self.api.patch_status::<Job>(key, status).await?;
        Ok(Next::Change)
    }

    fn pods(&self, job: &Job) -> Vec<Arc<Pod>> {
        let namespace = job.metadata.namespace.as_deref().unwrap_or_default();
        let owned = |pod: &&Arc<Pod>| owner::controls(&job.metadata, &pod.metadata);
        self.api.view().read(|tables| {
            tables
                .pods
                .within(namespace)
                .filter(owned)
                .cloned()
                .collect()
        })
    }

    fn status(&self, job: &Job, spec: &JobSpec) -> Value {
        let tally = tally(&self.pods(job));
        let now = stamp(self.clock.now());
        let started = job
            .status
            .as_ref()
            .and_then(|status| status.start_time.clone());
        let mut status = json!({
            "active": tally.active, "ready": tally.ready,
            "succeeded": tally.succeeded, "failed": tally.failed,
            "startTime": started.map_or_else(|| json!(now), |time| json!(time)),
        });
        let condition = |kind: &str, reason: &str| {
            json!([{"type": kind, "status": "True", "reason": reason,
                "lastProbeTime": now, "lastTransitionTime": now}])
        };
        match standing(spec, tally) {
            Standing::Running { .. } => {}
            Standing::Complete => {
                status["conditions"] = condition("Complete", "CompletionsReached");
                status["completionTime"] = now.clone().into();
            }
            Standing::Failed => status["conditions"] = condition("Failed", "BackoffLimitExceeded"),
        }
        status
    }
}

impl Controller for Jobs {
    fn name(&self) -> &'static str {
        "job-controller"
    }

    fn affected(&self, change: &Change, _: &Tables) -> Vec<Key> {
        match change {
            Change::Job(delta) => vec![delta.key.clone()],
            Change::Pod(delta) => owner::key_of(delta, "Job").into_iter().collect(),
            _ => Vec::new(),
        }
    }

    fn patience(&self) -> Duration {
        INSTANT
    }

    fn reconcile<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Reconciled> {
        self.sync(key).boxed()
    }
}

fn is_finished(job: &Job) -> bool {
    let conditions = job
        .status
        .as_ref()
        .and_then(|status| status.conditions.as_deref());
    let finished = |one: &str| one == "Complete" || one == "Failed";
    conditions
        .unwrap_or_default()
        .iter()
        .any(|one| finished(&one.type_) && one.status == "True")
}

fn tally(pods: &[Arc<Pod>]) -> Tally {
    let count = |which: &dyn Fn(&Pod) -> bool| {
        i32::try_from(pods.iter().filter(|pod| which(pod)).count()).unwrap_or(i32::MAX)
    };
    Tally {
        active: count(&pod::is_active),
        ready: count(&|pod| pod::is_active(pod) && pod::is_ready(pod)),
        succeeded: count(&|pod| pod::phase(pod) == "Succeeded"),
        failed: count(&|pod| pod::phase(pod) == "Failed"),
    }
}

fn standing(spec: &JobSpec, tally: Tally) -> Standing {
    let completions = spec.completions.unwrap_or(1);
    if tally.succeeded >= completions {
        return Standing::Complete;
    }
    if tally.failed > spec.backoff_limit.unwrap_or(BACKOFF_LIMIT) {
        return Standing::Failed;
    }
    let wanted = spec
        .parallelism
        .unwrap_or(1)
        .min(completions - tally.succeeded);
    Standing::Running {
        missing: (wanted - tally.active).max(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_replaces_failed_pods_until_its_limit() {
        let spec = JobSpec {
            backoff_limit: Some(1),
            ..JobSpec::default()
        };
        let tally = |failed, succeeded| Tally {
            active: 0,
            ready: 0,
            succeeded,
            failed,
        };
        assert_eq!(
            standing(&spec, tally(0, 0)),
            Standing::Running { missing: 1 }
        );
        assert_eq!(
            standing(&spec, tally(1, 0)),
            Standing::Running { missing: 1 }
        );
        assert_eq!(standing(&spec, tally(2, 0)), Standing::Failed);
        assert_eq!(standing(&spec, tally(1, 1)), Standing::Complete);
    }
}
