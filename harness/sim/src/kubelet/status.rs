//! What a kubelet tells of a pod: a pure function of its containers' states.

use std::net::Ipv4Addr;

use apiserver::stamp;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Container, Pod, PodSpec};
use serde_json::{Value, json};

use super::container::{State, Told};

/// A container of a pod with what is told of it.
pub(super) struct Part<'a> {
    pub(super) container: &'a Container,
    pub(super) role: Role,
    pub(super) told: Told,
}

/// What a container is to its pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Runs to its end before the next one starts.
    Init,
    /// Starts before the next one and runs beside all others.
    Sidecar,
    /// An application.
    Main,
}

/// Where a pod is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Located {
    pub(super) node: Ipv4Addr,
    /// `None` until its sandbox is there.
    pub(super) pod: Option<Ipv4Addr>,
    pub(super) since: Timestamp,
}

/// The roles of a pod's containers, in the order of their starting.
pub(super) fn roles(spec: &PodSpec) -> Vec<(Container, Role)> {
    let init = spec.init_containers.iter().flatten().map(|container| {
        let always = container.restart_policy.as_deref() == Some("Always");
        (
            container.clone(),
            if always { Role::Sidecar } else { Role::Init },
        )
    });
    let main = spec
        .containers
        .iter()
        .map(|container| (container.clone(), Role::Main));
    init.chain(main).collect()
}

/// Whether a pod has come to its end.
pub(super) fn is_finished(pod: &Pod) -> bool {
    let phase = pod
        .status
        .as_ref()
        .and_then(|status| status.phase.as_deref());
    matches!(phase, Some("Succeeded" | "Failed"))
}

/// The status of a pod.
pub(super) fn status(pod: &Pod, parts: &[Part<'_>], located: Located, now: Timestamp) -> Value {
    let told = |roles: &[Role]| -> Vec<Value> {
        let wanted = parts.iter().filter(|part| roles.contains(&part.role));
        wanted.map(container_status).collect()
    };
    let init = told(&[Role::Init, Role::Sidecar]);
    let mut status = json!({
        "phase": phase(pod, parts),
        "conditions": conditions(pod, parts, located, now),
        "hostIP": located.node,
        "hostIPs": [{"ip": located.node}],
        "startTime": stamp(located.since),
        "containerStatuses": told(&[Role::Main]),
    });
    if !init.is_empty() {
        status["initContainerStatuses"] = init.into();
    }
    if let Some(address) = located.pod {
        status["podIP"] = json!(address);
        status["podIPs"] = json!([{"ip": address}]);
    }
    status
}

fn phase(pod: &Pod, parts: &[Part<'_>]) -> &'static str {
    let policy = pod
        .spec
        .as_ref()
        .and_then(|spec| spec.restart_policy.as_deref());
    let main = || parts.iter().filter(|part| part.role == Role::Main);
    let code = |part: &Part<'_>| match part.told.state {
        State::Ended { code, .. } => Some(code),
        State::Waiting { .. } | State::Running { .. } => None,
    };
    let failed_init = parts.iter().any(|part| {
        part.role == Role::Init
            && code(part).is_some_and(|code| code != 0)
            && policy == Some("Never")
    });
    if failed_init {
        return "Failed";
    }
    let codes: Option<Vec<i32>> = main().map(code).collect();
    match codes {
        Some(codes) if policy != Some("Always") && policy.is_some() => {
            if codes.iter().all(|code| *code == 0) {
                "Succeeded"
            } else {
                "Failed"
            }
        }
        _ if main().all(|part| is_fresh(&part.told)) => "Pending",
        _ => "Running",
    }
}

fn is_fresh(told: &Told) -> bool {
    told.last.is_none() && matches!(told.state, State::Waiting { .. })
}

fn is_ready(part: &Part<'_>) -> bool {
    match (&part.told.state, part.role) {
        (State::Running { ready, .. }, _) => *ready,
        (State::Ended { code, .. }, Role::Init) => *code == 0,
        (State::Ended { .. }, Role::Sidecar | Role::Main) | (State::Waiting { .. }, _) => false,
    }
}

fn is_initialized(part: &Part<'_>) -> bool {
    match (&part.told.state, part.role) {
        (_, Role::Main) => true,
        (State::Ended { code, .. }, Role::Init) => *code == 0,
        (State::Running { started, .. }, Role::Sidecar) => *started,
        _ => false,
    }
}

fn conditions(pod: &Pod, parts: &[Part<'_>], located: Located, now: Timestamp) -> Value {
    let unready: Vec<_> = parts
        .iter()
        .filter(|part| part.role != Role::Init && !is_ready(part))
        .map(|part| part.container.name.as_str())
        .collect();
    let finished = matches!(phase(pod, parts), "Succeeded" | "Failed");
    let reason = match (unready.is_empty(), finished) {
        (true, _) => None,
        (false, true) => Some(("PodCompleted", String::new())),
        (false, false) => Some((
            "ContainersNotReady",
            format!("containers with unready status: [{}]", unready.join(" ")),
        )),
    };
    let gates = gate_reason(pod).filter(|_| reason.is_none());
    let uninitialized: Vec<_> = parts
        .iter()
        .filter(|part| !is_initialized(part))
        .map(|part| part.container.name.as_str())
        .collect();
    let incomplete = (!uninitialized.is_empty()).then(|| {
        let names = uninitialized.join(" ");
        (
            "ContainersNotInitialized",
            format!("containers with incomplete status: [{names}]"),
        )
    });
    let sandbox = located
        .pod
        .is_none()
        .then(|| ("PodSandboxNotReady", String::new()));
    let writer = Conditions { pod, now };
    let mut all = vec![
        writer.condition("PodReadyToStartContainers", sandbox),
        writer.condition("Initialized", incomplete),
        writer.condition("Ready", reason.clone().or(gates)),
        writer.condition("ContainersReady", reason),
        writer.condition("PodScheduled", None),
    ];
    all.extend(writer.foreign());
    Value::Array(all)
}

/// Why a pod whose containers are ready is not: a readiness gate that is not true.
fn gate_reason(pod: &Pod) -> Option<(&'static str, String)> {
    let gates = pod.spec.as_ref()?.readiness_gates.as_deref()?;
    let conditions = pod
        .status
        .as_ref()
        .and_then(|status| status.conditions.as_deref());
    let holds = |kind: &str| {
        let mut known = conditions.unwrap_or_default().iter();
        known.any(|one| one.type_ == kind && one.status == "True")
    };
    let shut = gates.iter().find(|gate| !holds(&gate.condition_type))?;
    let message = format!(
        "corresponding condition of pod readiness gate \"{}\" does not exist.",
        shut.condition_type
    );
    Some(("ReadinessGatesNotReady", message))
}

struct Conditions<'a> {
    pod: &'a Pod,
    now: Timestamp,
}

impl Conditions<'_> {
    const OWN: [&'static str; 5] = [
        "PodReadyToStartContainers",
        "Initialized",
        "Ready",
        "ContainersReady",
        "PodScheduled",
    ];

    fn known(&self) -> &[k8s_openapi::api::core::v1::PodCondition] {
        let status = self.pod.status.as_ref();
        status
            .and_then(|status| status.conditions.as_deref())
            .unwrap_or_default()
    }

    /// A condition that is true, unless there is a reason why it is not.
    fn condition(&self, kind: &str, reason: Option<(&'static str, String)>) -> Value {
        let status = if reason.is_none() { "True" } else { "False" };
        let before = self
            .known()
            .iter()
            .find(|one| one.type_ == kind && one.status == status);
        let since = before
            .and_then(|one| one.last_transition_time.as_ref())
            .map(|time| time.0);
        let mut condition = json!({
            "type": kind, "status": status,
            "lastTransitionTime": stamp(since.unwrap_or(self.now)),
        });
        if let Some((reason, message)) = reason {
            condition["reason"] = reason.into();
            if !message.is_empty() {
                condition["message"] = message.into();
            }
        }
        condition
    }

    /// Conditions that others have set, readiness gates for example.
    fn foreign(&self) -> impl Iterator<Item = Value> {
        let others = self
            .known()
            .iter()
            .filter(|one| !Self::OWN.contains(&one.type_.as_str()));
        others.map(|one| json!(one))
    }
}

fn container_status(part: &Part<'_>) -> Value {
    let Told {
        state,
        last,
        restarts,
    } = &part.told;
    let started = match (state, part.role) {
        (State::Running { started, .. }, _) => *started,
        (State::Waiting { .. } | State::Ended { .. }, _) => false,
    };
    let image = part.container.image.as_deref().unwrap_or_default();
    json!({
        "name": part.container.name,
        "image": image,
        "imageID": format!("sim://{image}"),
        "ready": is_ready(part),
        "started": started,
        "restartCount": restarts,
        "state": container_state(state),
        "lastState": last.as_ref().map_or_else(|| json!({}), container_state),
    })
}

fn container_state(state: &State) -> Value {
    match state {
        State::Waiting { reason } => json!({"waiting": {"reason": reason}}),
        State::Running { since, .. } => json!({"running": {"startedAt": stamp(*since)}}),
        State::Ended { code, since, at } => json!({"terminated": {
            "exitCode": code,
            "reason": if *code == 0 { "Completed" } else { "Error" },
            "startedAt": stamp(*since),
            "finishedAt": stamp(*at),
        }}),
    }
}
