//! What a Job tells of itself, first with what has ended by name, then with all of it counted.

use apiserver::{
    json::{Value, json},
    stamp,
};
use jiff::Timestamp;
use k8s_openapi::api::batch::v1::{Job, JobCondition, JobStatus};

use super::{
    finish::{End, Finish},
    tally::Tally,
};

/// Whether a Job has come to its end and says so.
pub(super) fn is_finished(job: &Job) -> bool {
    let last = |one: &JobCondition| {
        let ends = [End::Complete, End::Failed];
        one.status == "True" && ends.iter().any(|end| end.last() == one.type_)
    };
    known(job).iter().any(last)
}

/// The status that names what has ended, and says how the Job will end if that is decided.
pub(super) fn interim(job: &Job, tally: &Tally, finish: Option<&Finish>, now: Timestamp) -> Value {
    let mut conditions = Conditions::of(job, now);
    match (finish, is_suspended(job)) {
        (Some(finish), _) => conditions.add(finish.end.interim(), finish),
        (None, _) if job.metadata.deletion_timestamp.is_some() => {}
        (None, true) => conditions.suspend(),
        (None, false) => conditions.resume(),
    }
    let names = |uids: &[String]| (!uids.is_empty()).then(|| uids.to_vec());
    let started = conditions.start(job.status.as_ref(), is_suspended(job));
    json!({
        "active": some(tally.active.len()),
        "ready": tally.ready,
        "terminating": tally.terminating,
        "startTime": started,
        "conditions": conditions.all,
        "uncountedTerminatedPods": {
            "succeeded": names(&tally.uncounted_succeeded),
            "failed": names(&tally.uncounted_failed),
        },
    })
}

/// The status once everything that has ended is let go; the Job is over when nothing runs any more.
pub(super) fn counted(job: &Job, tally: &Tally, finish: Option<&Finish>, now: Timestamp) -> Value {
    let mut conditions = Conditions::of(job, now);
    let mut status = json!({
        "succeeded": some(tally.succeeded()),
        "failed": some(tally.failed()),
        "uncountedTerminatedPods": {"succeeded": null, "failed": null},
    });
    let idle = tally.active.is_empty() && tally.terminating == 0;
    if let Some(finish) = finish.filter(|_| idle) {
        conditions.add(finish.end.last(), finish);
        if finish.end == End::Complete {
            status["completionTime"] = stamp(now).into();
        }
    }
    status["conditions"] = json!(conditions.all);
    status
}

/// Kubernetes leaves zeros out; a merge patch takes fields out by null.
fn some(n: usize) -> Option<usize> {
    (n > 0).then_some(n)
}

fn known(job: &Job) -> &[JobCondition] {
    let status = job.status.as_ref();
    let conditions = status.and_then(|status| status.conditions.as_deref());
    conditions.unwrap_or_default()
}

fn is_suspended(job: &Job) -> bool {
    job.spec.as_ref().and_then(|spec| spec.suspend) == Some(true)
}

struct Conditions {
    all: Vec<Value>,
    now: Timestamp,
    /// Whether the Job goes on after it was suspended.
    resumed: bool,
}

impl Conditions {
    fn of(job: &Job, now: Timestamp) -> Self {
        Self {
            all: known(job).iter().map(|one| json!(one)).collect(),
            now,
            resumed: false,
        }
    }

    fn position(&self, kind: &str) -> Option<usize> {
        self.all.iter().position(|one| one["type"] == kind)
    }

    fn condition(&self, kind: &str, status: &str, reason: &str, message: &str) -> Value {
        let now = stamp(self.now);
        json!({"type": kind, "status": status, "reason": reason, "message": message,
            "lastProbeTime": now, "lastTransitionTime": now})
    }

    fn add(&mut self, kind: &str, finish: &Finish) {
        if self.position(kind).is_none() {
            self.all
                .push(self.condition(kind, "True", &finish.reason, &finish.message));
        }
    }

    fn suspend(&mut self) {
        let condition = self.condition("Suspended", "True", "JobSuspended", "Job suspended");
        match self.position("Suspended") {
            None => self.all.push(condition),
            Some(at) if self.all[at]["status"] == "True" => {}
            Some(at) => self.all[at] = condition,
        }
    }

    /// A Job that was never suspended says nothing about it.
    fn resume(&mut self) {
        let condition = self.condition("Suspended", "False", "JobResumed", "Job resumed");
        if let Some(at) = self.position("Suspended")
            && self.all[at]["status"] == "True"
        {
            self.all[at] = condition;
            self.resumed = true;
        }
    }

    /// Since when the Job runs; going on counts as starting anew.
    fn start(&self, status: Option<&JobStatus>, suspended: bool) -> Value {
        let started = status.and_then(|status| status.start_time.as_ref());
        match started {
            Some(time) if !self.resumed => json!(time),
            None if suspended => Value::Null,
            Some(_) | None => stamp(self.now).into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(suspend: bool, status: Value) -> Job {
        let spec = json!({"suspend": suspend, "template": {"spec": {"containers": []}}});
        let job = json!({"metadata": {}, "spec": spec, "status": status});
        serde::Deserialize::deserialize(&job).unwrap()
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn told(job: &Job, second: i64) -> Value {
        interim(job, &Tally::of(job, Vec::new()), None, at(second))
    }

    #[test]
    fn a_suspended_job_has_not_started() {
        let status = told(&job(true, json!({})), 1);
        assert_eq!(status["startTime"], Value::Null);
        assert_eq!(status["conditions"][0]["reason"], "JobSuspended");
        assert_eq!(told(&job(false, json!({})), 1)["startTime"], stamp(at(1)));
    }

    #[test]
    fn a_resumed_job_starts_anew() {
        let mut status = told(&job(true, json!({"startTime": stamp(at(1))})), 2);
        status["startTime"] = stamp(at(1)).into();
        let status = told(&job(false, status), 9);
        assert_eq!(status["conditions"][0]["status"], "False");
        assert_eq!(status["startTime"], stamp(at(9)));
    }

    #[test]
    fn a_job_is_over_once_nothing_of_it_runs() {
        let job = job(false, json!({}));
        let ending = json!({"metadata": {"deletionTimestamp": stamp(at(1))}, "status": {}});
        let ending = std::sync::Arc::new(crate::controller::pod::written(ending));
        let finish = Finish::complete();
        let waits = counted(&job, &Tally::of(&job, vec![ending]), Some(&finish), at(3));
        assert_eq!(waits["conditions"], json!([]));
        let over = counted(&job, &Tally::of(&job, Vec::new()), Some(&finish), at(3));
        assert_eq!(over["conditions"][0]["type"], "Complete");
        assert_eq!(over["completionTime"], stamp(at(3)));
    }
}
