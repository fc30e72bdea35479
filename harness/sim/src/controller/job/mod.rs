//! Jobs: pods until enough have succeeded, or too many have failed.
//!
//! Source: kube-controller-manager's job controller. Each pod carries a finalizer until it is
//! counted, so that none is counted twice or never: what has ended is first named in the status,
//! then let go, then counted. Not modelled: indexed completion and the policies of single pods;
//! a Job that asks for them says so in the log and makes no pod.
//!
//! Reading order: this file, [`tally`] (what pods count as), [`finish`] (when it is over),
//! [`backoff`] (how soon a failed pod is replaced), [`status`] (what is told).

mod backoff;
mod finish;
mod status;
mod tally;

use std::{sync::Arc, time::Duration};

use apiserver::{
    Clock, Pod, Status,
    json::{Value, json},
};
use futures::{FutureExt, future::BoxFuture};
use k8s_openapi::api::batch::v1::{Job, JobSpec, JobStatus};
use serde::Deserialize;

use self::{
    finish::{Finish, Verdict},
    tally::{FINALIZER, Tally},
};
use super::{Backoff, Controller, INSTANT, Next, Reconciled, merge, owner, pod};
use crate::cluster::{Api, Change, Key, Tables};

/// How long changes of pods are collected. Source: `syncJobBatchPeriod`.
const BATCH: Duration = Duration::from_secs(1);

/// Runs Jobs.
pub(crate) struct Jobs {
    api: Api,
    clock: Clock,
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
            self.release_orphans(key).await?;
            return Ok(Next::Change);
        };
        let spec = job.spec.clone().unwrap_or_default();
        if status::is_finished(&job) || is_managed_elsewhere(&spec) {
            return Ok(Next::Change);
        }
        check(&spec)?;
        let tally = Tally::of(&job, self.pods(&job));
        let verdict = finish::verdict(&job, &spec, &tally, self.clock.now());
        let (finish, next) = match verdict {
            Verdict::Over(finish) => {
                self.delete(&tally.active).await?;
                (Some(finish), Next::Change)
            }
            Verdict::Goes => self.manage(&job, &spec, &tally).await?,
        };
        self.track(&job, finish).await?;
        Ok(next.or(finish::deadline(&job, &spec, self.clock.now())))
    }

    /// Makes and deletes pods until as many are active as should be; says if the Job is complete.
    async fn manage(
        &self,
        job: &Job,
        spec: &JobSpec,
        tally: &Tally,
    ) -> Result<(Option<Finish>, Next), Status> {
        if job.metadata.deletion_timestamp.is_some() {
            return Ok((None, Next::Change));
        }
        let wanted = tally.wanted(spec);
        let surplus = tally.active.len().saturating_sub(wanted);
        self.delete(&tally.active[..surplus]).await?;
        let missing = wanted.saturating_sub(tally.active.len());
        let pause = backoff::pause(&self.pods(job), self.clock.now());
        if missing > 0 && !pause.is_zero() {
            return Ok((None, Next::After(pause)));
        }
        for _ in 0..missing {
            self.api.create::<Pod>(new_pod(job, spec)).await?;
        }
        let left = tally.active.len() + missing - surplus;
        let complete = left == 0 && tally.is_enough(spec);
        Ok((complete.then(Finish::complete), Next::Change))
    }

    async fn delete(&self, pods: &[Arc<Pod>]) -> Result<(), Status> {
        for pod in pods {
            self.api.delete::<Pod>(&Key::of(&pod.metadata)).await?;
        }
        Ok(())
    }

    /// Names what has ended in the status, lets it go, and counts it.
    async fn track(&self, job: &Job, finish: Option<Finish>) -> Result<(), Status> {
        let now = self.clock.now();
        let tally = Tally::of(job, self.pods(job));
        let named = status::interim(job, &tally, finish.as_ref(), now);
        let job = self.write(job, named).await?;
        for pod in tally.released(&job, finish.is_some()) {
            self.release(pod).await?;
        }
        let counted = status::counted(&job, &tally, finish.as_ref(), now);
        self.write(&job, counted).await.map(drop)
    }

    /// Writes a status unless it is told already; the Job as it then is.
    async fn write(&self, job: &Job, status: Value) -> Result<Job, Status> {
        if !merge::changes(&json!(job.status), &status) {
            return Ok(job.clone());
        }
        let key = Key::of(&job.metadata);
        let written = self.api.patch_status::<Job>(&key, status).await?;
        let status = JobStatus::deserialize(&written["status"]);
        let status = status.map_err(Status::internal)?;
        Ok(Job {
            status: Some(status),
            ..job.clone()
        })
    }

    async fn release(&self, pod: &Pod) -> Result<(), Status> {
        let held = pod.metadata.finalizers.iter().flatten();
        let others: Vec<_> = held.filter(|one| *one != FINALIZER).collect();
        let patch = json!({"metadata": {"finalizers": others}});
        let pods = apiserver::Gvr::core("pods");
        let key = Key::of(&pod.metadata);
        self.api.patch_any(&pods, &key, patch).await
    }

    /// Pods of a Job that is gone are not held for it any more.
    async fn release_orphans(&self, key: &Key) -> Result<(), Status> {
        let of_it = |pod: &&Arc<Pod>| {
            let owner = owner::controller_of(&pod.metadata);
            tally::is_tracked(pod)
                && owner.is_none_or(|owner| owner.kind == "Job" && owner.name == key.name)
        };
        let orphans = self.api.view().read(|tables| -> Vec<_> {
            tables
                .pods
                .within(&key.namespace)
                .filter(of_it)
                .cloned()
                .collect()
        });
        for pod in orphans {
            self.release(&pod).await?;
        }
        Ok(())
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

    fn patience(&self, change: &Change) -> Duration {
        match change {
            Change::Job(delta) => {
                let generation = |job: &Option<Arc<Job>>| Some(job.as_ref()?.metadata.generation);
                let same = generation(&delta.old) == generation(&delta.new);
                if same { BATCH } else { INSTANT }
            }
            _ => BATCH,
        }
    }

    /// Source: `DefaultJobApiBackOff` and `MaxJobApiBackOff`.
    fn backoff(&self) -> Backoff {
        Backoff {
            first: Duration::from_secs(1),
            longest: Duration::from_secs(60),
        }
    }

    fn reconcile<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Reconciled> {
        self.sync(key).boxed()
    }
}

fn is_managed_elsewhere(spec: &JobSpec) -> bool {
    let by = spec.managed_by.as_deref();
    by.is_some_and(|by| by != "kubernetes.io/job-controller")
}

/// Refuses by name what is not modelled.
fn check(spec: &JobSpec) -> Result<(), Status> {
    let refused = [
        (
            "completionMode: Indexed",
            spec.completion_mode.as_deref() == Some("Indexed"),
        ),
        ("podFailurePolicy", spec.pod_failure_policy.is_some()),
        (
            "podReplacementPolicy: Failed",
            spec.pod_replacement_policy.as_deref() == Some("Failed"),
        ),
    ];
    match refused.iter().find(|(_, asked)| *asked) {
        Some((name, _)) => Err(Status::internal(format_args!(
            "{name} of Jobs is not modelled; run this on a real engine"
        ))),
        None => Ok(()),
    }
}

fn new_pod(job: &Job, spec: &JobSpec) -> apiserver::json::Value {
    let mut pod = pod::from_template(&spec.template, job, None);
    pod["metadata"]["finalizers"] = vec![FINALIZER].into();
    pod
}
