//! The conditions of a Deployment as a list in which each kind is once.

use apiserver::{
    Deployment,
    json::{Value, json},
    stamp,
};
use jiff::Timestamp;
use k8s_openapi::{api::apps::v1::DeploymentCondition, apimachinery::pkg::apis::meta::v1::Time};

/// A Deployment's conditions, to be changed.
#[derive(Debug, Clone)]
pub(super) struct Conditions {
    all: Vec<DeploymentCondition>,
    now: Timestamp,
}

/// What a condition says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Says {
    pub(super) status: &'static str,
    pub(super) reason: String,
    pub(super) message: String,
}

impl Says {
    pub(super) fn new(status: &'static str, reason: &str, message: String) -> Self {
        Self {
            status,
            reason: reason.to_owned(),
            message,
        }
    }
}

impl Conditions {
    pub(super) fn of(deployment: &Deployment, now: Timestamp) -> Self {
        let status = deployment.status.as_ref();
        let all = status.and_then(|status| status.conditions.clone());
        Self {
            all: all.unwrap_or_default(),
            now,
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.now
    }

    pub(super) fn get(&self, kind: &str) -> Option<&DeploymentCondition> {
        self.all
            .iter()
            .find(|one| one.type_.as_deref() == Some(kind))
    }

    pub(super) fn reason(&self, kind: &str) -> Option<&str> {
        self.get(kind)?.reason.as_deref()
    }

    /// Sets a condition, unless it says the same for the same reason: then it stays as it is, the
    /// message included.
    pub(super) fn set(&mut self, kind: &str, says: Says) {
        let same = self.get(kind).is_some_and(|one| {
            one.status.as_deref() == Some(says.status) && one.reason.as_ref() == Some(&says.reason)
        });
        if !same {
            self.renew(kind, says);
        }
    }

    /// Sets a condition though it may say the same: its time of update is new.
    pub(super) fn renew(&mut self, kind: &str, says: Says) {
        let before = self
            .get(kind)
            .filter(|one| one.status.as_deref() == Some(says.status));
        let since = before.and_then(|one| one.last_transition_time.clone());
        let since = since.unwrap_or(Time(self.now));
        self.remove(kind);
        self.all.push(DeploymentCondition {
            type_: Some(kind.to_owned()),
            status: Some(says.status.to_owned()),
            reason: Some(says.reason),
            message: Some(says.message),
            last_transition_time: Some(since),
            last_update_time: Some(Time(self.now)),
        });
    }

    pub(super) fn remove(&mut self, kind: &str) {
        self.all.retain(|one| one.type_.as_deref() != Some(kind));
    }

    /// The conditions as they are written.
    pub(super) fn all(&self) -> Vec<Value> {
        let time = |time: &Option<Time>| time.as_ref().map(|time| stamp(time.0));
        let told = |one: &DeploymentCondition| {
            json!({
                "type": one.type_, "status": one.status,
                "reason": one.reason, "message": one.message,
                "lastTransitionTime": time(&one.last_transition_time),
                "lastUpdateTime": time(&one.last_update_time),
            })
        };
        self.all.iter().map(told).collect()
    }
}
