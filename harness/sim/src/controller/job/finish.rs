//! When a Job is over, and how it ended.

use std::time::Duration;

use apiserver::Pod;
use jiff::Timestamp;
use k8s_openapi::api::batch::v1::{Job, JobCondition, JobSpec};

use super::tally::Tally;
use crate::controller::Next;

/// How many pods may fail. Source: the API's default.
const BACKOFF_LIMIT: i32 = 6;

/// How a Job ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finish {
    pub(super) end: End,
    pub(super) reason: String,
    pub(super) message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Complete,
    Failed,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    Goes,
    Over(Finish),
}

impl End {
    /// The condition that says so once nothing of the Job runs any more.
    pub(super) fn last(self) -> &'static str {
        match self {
            Self::Complete => "Complete",
            Self::Failed => "Failed",
        }
    }

    /// The condition that says so until then.
    pub(super) fn interim(self) -> &'static str {
        match self {
            Self::Complete => "SuccessCriteriaMet",
            Self::Failed => "FailureTarget",
        }
    }
}

impl Finish {
    /// Enough pods have succeeded.
    pub(super) fn complete() -> Self {
        Self {
            end: End::Complete,
            reason: "CompletionsReached".to_owned(),
            message: "Reached expected number of succeeded pods".to_owned(),
        }
    }

    fn failed(reason: &str, message: &str) -> Self {
        Self {
            end: End::Failed,
            reason: reason.to_owned(),
            message: message.to_owned(),
        }
    }

    /// What was decided before, by the conditions.
    fn decided(conditions: &[JobCondition]) -> Option<Self> {
        [End::Complete, End::Failed].into_iter().find_map(|end| {
            let mut all = conditions.iter();
            let said = all.find(|one| one.type_ == end.interim() && one.status == "True")?;
            Some(Self {
                end,
                reason: said.reason.clone().unwrap_or_default(),
                message: said.message.clone().unwrap_or_default(),
            })
        })
    }
}

/// Whether a Job is over: it was before, too many pods have failed, or its time is up.
pub(super) fn verdict(job: &Job, spec: &JobSpec, tally: &Tally, now: Timestamp) -> Verdict {
    let status = job.status.as_ref();
    let conditions = status.and_then(|status| status.conditions.as_deref());
    if let Some(decided) = Finish::decided(conditions.unwrap_or_default()) {
        return Verdict::Over(decided);
    }
    let limit = spec.backoff_limit.unwrap_or(BACKOFF_LIMIT);
    let failed = i32::try_from(tally.failed()).unwrap_or(i32::MAX);
    if failed > limit || has_restarted_too_often(spec, tally, limit) {
        let why = "Job has reached the specified backoff limit";
        return Verdict::Over(Finish::failed("BackoffLimitExceeded", why));
    }
    if left(job, spec, now).is_some_and(|left| left.is_zero()) {
        let why = "Job was active longer than specified deadline";
        return Verdict::Over(Finish::failed("DeadlineExceeded", why));
    }
    Verdict::Goes
}

/// When a Job with a deadline is looked at again because of it.
pub(super) fn deadline(job: &Job, spec: &JobSpec, now: Timestamp) -> Next {
    let left = left(job, spec, now).filter(|left| !left.is_zero());
    left.map_or(Next::Change, Next::After)
}

/// How long a Job may go on, if it has started, is not suspended and has a deadline.
fn left(job: &Job, spec: &JobSpec, now: Timestamp) -> Option<Duration> {
    let seconds = spec
        .active_deadline_seconds
        .filter(|_| spec.suspend != Some(true))?;
    let started = job.status.as_ref()?.start_time.as_ref()?.0;
    let passed = now
        .duration_since(started)
        .try_into()
        .unwrap_or(Duration::ZERO);
    Some(Duration::from_secs(seconds.max(0).unsigned_abs()).saturating_sub(passed))
}

/// Pods that restart their containers themselves count each restart.
fn has_restarted_too_often(spec: &JobSpec, tally: &Tally, limit: i32) -> bool {
    let policy = spec
        .template
        .spec
        .as_ref()
        .and_then(|spec| spec.restart_policy.as_deref());
    let restarts: i32 = tally.active.iter().map(|pod| restarts(pod)).sum();
    policy == Some("OnFailure") && restarts > 0 && restarts >= limit
}

fn restarts(pod: &Pod) -> i32 {
    let Some(status) = &pod.status else {
        return 0;
    };
    let all = [&status.init_container_statuses, &status.container_statuses];
    let all = all.into_iter().flat_map(|list| list.iter().flatten());
    all.map(|container| container.restart_count).sum()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use apiserver::stamp;
    use serde_json::{Value, json};

    use super::*;

    fn over(job: Value, pods: &[Value], second: i64) -> Option<String> {
        let job: Job = serde_json::from_value(job).unwrap();
        let pod = |pod: &Value| Arc::new(crate::controller::pod::written(pod.clone()));
        let tally = Tally::of(&job, pods.iter().map(pod).collect());
        let spec = job.spec.clone().unwrap();
        match verdict(&job, &spec, &tally, Timestamp::from_second(second).unwrap()) {
            Verdict::Goes => None,
            Verdict::Over(finish) => Some(finish.reason),
        }
    }

    fn job(spec: Value, status: Value) -> Value {
        let mut job = json!({"metadata": {}, "spec": {"template": {"spec": {
            "restartPolicy": "OnFailure", "containers": []}}}, "status": status});
        for (field, value) in spec.as_object().unwrap() {
            job["spec"][field] = value.clone();
        }
        job
    }

    #[test]
    fn a_job_may_fail_as_often_as_its_limit_says() {
        let spec = || json!({"backoffLimit": 1});
        assert_eq!(over(job(spec(), json!({"failed": 1})), &[], 0), None);
        let reason = over(job(spec(), json!({"failed": 2})), &[], 0);
        assert_eq!(reason.as_deref(), Some("BackoffLimitExceeded"));
    }

    #[test]
    fn restarts_within_a_pod_count_as_failures() {
        let container = json!({"name": "a", "image": "a", "imageID": "a", "ready": false,
            "restartCount": 2});
        let pod = json!({"status": {"phase": "Running", "containerStatuses": [container]}});
        let reason = |limit| {
            over(
                job(json!({"backoffLimit": limit}), json!({})),
                std::slice::from_ref(&pod),
                0,
            )
        };
        assert_eq!(reason(3), None);
        assert_eq!(reason(2).as_deref(), Some("BackoffLimitExceeded"));
    }

    #[test]
    fn the_deadline_counts_from_the_start() {
        let started = json!({"startTime": stamp(Timestamp::from_second(100).unwrap())});
        let at = |second| {
            over(
                job(json!({"activeDeadlineSeconds": 10}), started.clone()),
                &[],
                second,
            )
        };
        assert_eq!(at(109), None);
        assert_eq!(at(110).as_deref(), Some("DeadlineExceeded"));
    }

    #[test]
    fn what_was_decided_stays_decided() {
        let said = json!({"conditions": [{"type": "SuccessCriteriaMet", "status": "True",
            "reason": "CompletionsReached"}], "failed": 9});
        let reason = over(job(json!({"backoffLimit": 1}), said), &[], 0);
        assert_eq!(reason.as_deref(), Some("CompletionsReached"));
    }
}
