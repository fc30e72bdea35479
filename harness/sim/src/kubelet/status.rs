//! What a kubelet tells of a pod: a pure function of its containers' states.

use std::net::Ipv4Addr;

use apiserver::stamp;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Container, Pod, PodSpec};
use serde_json::{Value, json};

use super::{
    condition::conditions,
    container::{State, Told},
};

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

pub(super) fn phase(pod: &Pod, parts: &[Part<'_>]) -> &'static str {
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

pub(super) fn is_ready(part: &Part<'_>) -> bool {
    match (&part.told.state, part.role) {
        (State::Running { ready, .. }, _) => *ready,
        (State::Ended { code, .. }, Role::Init) => *code == 0,
        (State::Ended { .. }, Role::Sidecar | Role::Main) | (State::Waiting { .. }, _) => false,
    }
}

pub(super) fn is_initialized(part: &Part<'_>) -> bool {
    match (&part.told.state, part.role) {
        (_, Role::Main) => true,
        (State::Ended { code, .. }, Role::Init) => *code == 0,
        (State::Running { started, .. }, Role::Sidecar) => *started,
        _ => false,
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
