//! What is awaited of an object: composable values that say how near the object is.
//!
//! A condition looks at one object, or at its absence, and answers [`State::Met`] or
//! [`State::Unmet`] with the nearest state in words. Nothing here waits; see [`mod@crate::wait`].

use std::{fmt, sync::Arc};

use kube::core::DynamicObject;
use serde_json::Value;

/// How an object stands to a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It is fulfilled.
    Met,
    /// It is not; the text reads after "but", for example `it does not exist`.
    Unmet(String),
}

type Judge = dyn Fn(Option<&DynamicObject>) -> State + Send + Sync;

/// A named condition on one object.
#[derive(Clone)]
pub struct Condition {
    name: String,
    judge: Arc<Judge>,
    /// Whether it looks at nothing but metadata, status and `spec.replicas`.
    of_state: bool,
}

impl Condition {
    /// A condition of one's own; `name` reads after "to be".
    pub fn new(
        name: impl Into<String>,
        judge: impl Fn(Option<&DynamicObject>) -> State + Send + Sync + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            judge: Arc::new(judge),
            of_state: false,
        }
    }

    /// The same, which looks at nothing but an object's metadata, status and `spec.replicas`: while it is
    /// awaited, nothing else has to be read.
    #[must_use]
    pub fn of_state(self) -> Self {
        Self {
            of_state: true,
            ..self
        }
    }

    pub(crate) fn is_of_state(&self) -> bool {
        self.of_state
    }

    /// A condition on an object that exists; its absence is the nearest state otherwise.
    pub fn on(
        name: impl Into<String>,
        judge: impl Fn(&DynamicObject) -> State + Send + Sync + 'static,
    ) -> Self {
        Self::new(name, move |object| match object {
            Some(object) => judge(object),
            None => State::Unmet("it does not exist".to_owned()),
        })
    }

    /// Its name, as it reads after "to be".
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How `object`, or its absence, stands to it.
    pub fn state(&self, object: Option<&DynamicObject>) -> State {
        (self.judge)(object)
    }

    /// Both; the first unmet one is the nearest state.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let name = format!("{} and {}", self.name, other.name);
        let of_state = self.of_state && other.of_state;
        let both = Self::new(name, move |object| match self.state(object) {
            State::Met => other.state(object),
            unmet => unmet,
        });
        Self { of_state, ..both }
    }

    /// Either.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let name = format!("{} or {}", self.name, other.name);
        let of_state = self.of_state && other.of_state;
        let either = Self::new(name, move |object| {
            match (self.state(object), other.state(object)) {
                (State::Unmet(a), State::Unmet(b)) => State::Unmet(format!("{a} and {b}")),
                _ => State::Met,
            }
        });
        Self { of_state, ..either }
    }

    /// The opposite.
    #[must_use]
    #[expect(
        clippy::should_implement_trait,
        reason = "reads like kube's own conditions"
    )]
    pub fn not(self) -> Self {
        let name = format!("not {}", self.name);
        let of_state = self.of_state;
        let opposite = Self::new(name, move |object| match self.state(object) {
            State::Met => State::Unmet(format!("it is {}", self.name)),
            State::Unmet(_) => State::Met,
        });
        Self {
            of_state,
            ..opposite
        }
    }
}

/// The object exists.
pub fn present() -> Condition {
    Condition::on("present", |_| State::Met).of_state()
}

/// The object does not exist, finalizers and all.
pub fn absent() -> Condition {
    Condition::new("absent", |object| match object {
        None => State::Met,
        Some(object) if object.metadata.deletion_timestamp.is_some() => {
            let held_by = object.metadata.finalizers.clone().unwrap_or_default();
            State::Unmet(format!("it is still terminating (finalizers: {held_by:?})"))
        }
        Some(_) => State::Unmet("it exists and nobody deletes it".to_owned()),
    })
    .of_state()
}

/// A condition of the object's status has status `True`, for example `Ready`.
pub fn status_true(kind: &'static str) -> Condition {
    Condition::on(kind, move |object| {
        let found = object.data["status"]["conditions"]
            .as_array()
            .and_then(|all| all.iter().find(|one| one["type"] == kind));
        match found {
            Some(one) if one["status"] == "True" => State::Met,
            Some(one) => State::Unmet(format!(
                "{kind} is {}: {} {}",
                word(&one["status"]),
                word(&one["reason"]),
                word(&one["message"]),
            )),
            None => State::Unmet(format!("its status has no condition {kind} yet")),
        }
    })
    .of_state()
}

/// What "ready" means for the kind of an object, as `kubectl rollout status` and
/// `kubectl wait` have it; kinds without a state of their own are ready when they exist.
pub fn ready(kind: &str) -> Condition {
    match kind {
        "Deployment" => rolled_out(),
        "StatefulSet" => stateful_set_ready(),
        "DaemonSet" => daemon_set_ready(),
        "Pod" | "Node" => status_true("Ready"),
        "Job" => status_true("Complete"),
        "CustomResourceDefinition" => status_true("Established"),
        "Namespace" => namespace_active(),
        _ => present(),
    }
}

/// A Service of type LoadBalancer has an address.
pub fn has_load_balancer_address() -> Condition {
    Condition::on("given a load-balancer address", |service| {
        let address = service.data.pointer("/status/loadBalancer/ingress/0");
        match address {
            Some(_) => State::Met,
            None => State::Unmet("its status has no load-balancer address yet".to_owned()),
        }
    })
    .of_state()
}

/// The whole Deployment runs its newest template: the rules of `kubectl rollout status`.
fn rolled_out() -> Condition {
    Condition::on("available", |deployment| {
        let want = count(deployment, "spec", "replicas").unwrap_or(1);
        let status = |field: &str| count(deployment, "status", field).unwrap_or(0);
        let behind = [
            (
                status("updatedReplicas") < want,
                "updated",
                status("updatedReplicas"),
            ),
            (
                status("availableReplicas") < want,
                "available",
                status("availableReplicas"),
            ),
        ];
        if let Some(unmet) = not_observed(deployment) {
            return unmet;
        }
        if status("replicas") > status("updatedReplicas") {
            let old = status("replicas") - status("updatedReplicas");
            return State::Unmet(format!("{old} old replicas are still there"));
        }
        match behind.iter().find(|(behind, ..)| *behind) {
            Some((_, what, n)) => State::Unmet(format!(
                "{n} of {want} replicas are {what}{}",
                why_not(deployment)
            )),
            None => State::Met,
        }
    })
    .of_state()
}

fn stateful_set_ready() -> Condition {
    Condition::on("ready", |set| {
        let want = count(set, "spec", "replicas").unwrap_or(1);
        counted(set, "readyReplicas", want)
    })
    .of_state()
}

fn daemon_set_ready() -> Condition {
    Condition::on("ready", |set| {
        let want = count(set, "status", "desiredNumberScheduled").unwrap_or(0);
        counted(set, "numberReady", want)
    })
    .of_state()
}

fn namespace_active() -> Condition {
    Condition::on(
        "active",
        |namespace| match namespace.data["status"]["phase"].as_str() {
            Some("Active") => State::Met,
            phase => State::Unmet(format!("its phase is {}", phase.unwrap_or("not set"))),
        },
    )
    .of_state()
}

fn counted(object: &DynamicObject, field: &str, want: i64) -> State {
    if let Some(unmet) = not_observed(object) {
        return unmet;
    }
    match count(object, "status", field).unwrap_or(0) {
        n if n >= want => State::Met,
        n => State::Unmet(format!("{n} of {want} replicas are ready")),
    }
}

fn not_observed(object: &DynamicObject) -> Option<State> {
    let generation = object.metadata.generation.unwrap_or(0);
    let observed = count(object, "status", "observedGeneration").unwrap_or(0);
    (observed < generation)
        .then(|| State::Unmet("its controller has not seen its newest generation yet".to_owned()))
}

fn why_not(deployment: &DynamicObject) -> String {
    let conditions = &deployment.data["status"]["conditions"];
    let failing = conditions.as_array().and_then(|all| {
        all.iter().find(|one| {
            one["type"] == "ReplicaFailure" || one["reason"] == "ProgressDeadlineExceeded"
        })
    });
    failing.map_or(String::new(), |one| {
        format!(" ({}: {})", word(&one["reason"]), word(&one["message"]))
    })
}

fn count(object: &DynamicObject, part: &str, field: &str) -> Option<i64> {
    object.data[part][field].as_i64()
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap_or("")
}

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Condition").field(&self.name).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(value: Value) -> DynamicObject {
        serde_json::from_value(value).unwrap()
    }

    fn deployment(status: Value) -> DynamicObject {
        object(json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "sleep", "generation": 2},
            "spec": {"replicas": 2}, "status": status,
        }))
    }

    #[test]
    fn a_rollout_ends_only_when_no_old_replica_is_left() {
        let old = deployment(json!({"observedGeneration": 2, "replicas": 3,
            "updatedReplicas": 2, "availableReplicas": 3}));
        assert_eq!(
            ready("Deployment").state(Some(&old)),
            State::Unmet("1 old replicas are still there".to_owned())
        );
        let new = deployment(json!({"observedGeneration": 2, "replicas": 2,
            "updatedReplicas": 2, "availableReplicas": 2}));
        assert_eq!(ready("Deployment").state(Some(&new)), State::Met);
    }

    #[test]
    fn a_status_of_an_older_generation_counts_for_nothing() {
        let stale = deployment(json!({"observedGeneration": 1, "replicas": 2,
            "updatedReplicas": 2, "availableReplicas": 2}));
        assert_ne!(ready("Deployment").state(Some(&stale)), State::Met);
    }

    #[test]
    fn conditions_compose_to_one_of_state_if_each_is() {
        let all = || Condition::new("all", |_| State::Met);
        assert!(present().and(ready("Pod")).not().is_of_state());
        assert!(!present().and(all()).is_of_state());
        assert!(!all().or(present()).is_of_state());
    }

    #[test]
    fn conditions_compose_and_name_the_nearest_state() {
        let pod = object(
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"},
            "status": {"conditions": [
                {"type": "Ready", "status": "False", "reason": "ContainersNotReady"}]}}),
        );
        let both = present().and(ready("Pod"));
        assert_eq!(both.name(), "present and Ready");
        assert_eq!(
            both.state(Some(&pod)),
            State::Unmet("Ready is False: ContainersNotReady ".to_owned())
        );
        assert_eq!(absent().or(present()).state(Some(&pod)), State::Met);
        assert_eq!(
            present().not().state(Some(&pod)),
            State::Unmet("it is present".to_owned())
        );
        assert_eq!(absent().state(None), State::Met);
    }
}
