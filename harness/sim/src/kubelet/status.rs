//! What a kubelet tells of a pod: a pure function of its containers' states.

use std::{net::Ipv4Addr, sync::Arc};

use apiserver::Pod;
use jiff::Timestamp;
use k8s_openapi::{
    api::core::v1::{
        Container, ContainerState, ContainerStateRunning, ContainerStateTerminated,
        ContainerStateWaiting, ContainerStatus, HostIP, PodIP, PodSpec, PodStatus,
    },
    apimachinery::pkg::apis::meta::v1::Time,
};

use super::{
    condition::conditions,
    container::{State, Told},
};
use crate::program::Declared;

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
pub(super) fn roles(spec: &Arc<PodSpec>) -> Vec<(Declared, Role)> {
    let init = Declared::init(spec).map(|container| {
        let role = match container.restart_policy.as_deref() {
            Some("Always") => Role::Sidecar,
            _ => Role::Init,
        };
        (container, role)
    });
    let main = Declared::main(spec).map(|container| (container, Role::Main));
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

/// The status of a pod, as far as its kubelet tells it.
pub(super) fn status(pod: &Pod, parts: &[Part<'_>], located: Located, now: Timestamp) -> PodStatus {
    let told = |roles: &[Role]| -> Vec<ContainerStatus> {
        let wanted = parts.iter().filter(|part| roles.contains(&part.role));
        wanted.map(container_status).collect()
    };
    let init = told(&[Role::Init, Role::Sidecar]);
    let (node, address) = (
        located.node.to_string(),
        located.pod.map(|ip| ip.to_string()),
    );
    PodStatus {
        phase: Some(phase(pod, parts).to_owned()),
        conditions: Some(conditions(pod, parts, located, now)),
        host_ip: Some(node.clone()),
        host_ips: Some(vec![HostIP { ip: node }]),
        start_time: Some(told_time(located.since)),
        container_statuses: Some(told(&[Role::Main])),
        init_container_statuses: (!init.is_empty()).then_some(init),
        pod_ip: address.clone(),
        pod_ips: address.map(|ip| vec![PodIP { ip }]),
        ..PodStatus::default()
    }
}

/// Whether a status says something of a pod that the pod's own does not.
pub(super) fn is_news(status: &PodStatus, pod: &Pod) -> bool {
    fn differs<T: PartialEq>(new: &Option<T>, now: &Option<T>) -> bool {
        new.is_some() && new != now
    }
    pod.status.as_ref().is_none_or(|now| {
        differs(&status.phase, &now.phase)
            || differs(&status.conditions, &now.conditions)
            || differs(&status.host_ip, &now.host_ip)
            || differs(&status.host_ips, &now.host_ips)
            || differs(&status.start_time, &now.start_time)
            || differs(&status.container_statuses, &now.container_statuses)
            || differs(
                &status.init_container_statuses,
                &now.init_container_statuses,
            )
            || differs(&status.pod_ip, &now.pod_ip)
            || differs(&status.pod_ips, &now.pod_ips)
    })
}

/// A time as the API tells it: in whole seconds.
pub(super) fn told_time(time: Timestamp) -> Time {
    let whole = Timestamp::from_second(time.as_second());
    Time(whole.expect("the second of a time is one"))
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

fn container_status(part: &Part<'_>) -> ContainerStatus {
    let Told {
        state,
        last,
        restarts,
    } = &part.told;
    let started = match state {
        State::Running { started, .. } => *started,
        State::Waiting { .. } | State::Ended { .. } => false,
    };
    let image = part.container.image.clone().unwrap_or_default();
    ContainerStatus {
        name: part.container.name.clone(),
        image_id: format!("sim://{image}"),
        image,
        ready: is_ready(part),
        started: Some(started),
        restart_count: *restarts,
        state: Some(container_state(state)),
        last_state: Some(last.as_ref().map(container_state).unwrap_or_default()),
        ..ContainerStatus::default()
    }
}

fn container_state(state: &State) -> ContainerState {
    let mut told = ContainerState::default();
    match state {
        State::Waiting { reason } => {
            told.waiting = Some(ContainerStateWaiting {
                reason: Some((*reason).to_owned()),
                message: None,
            });
        }
        State::Running { since, .. } => {
            told.running = Some(ContainerStateRunning {
                started_at: Some(told_time(*since)),
            });
        }
        State::Ended { code, since, at } => {
            let reason = if *code == 0 { "Completed" } else { "Error" };
            told.terminated = Some(ContainerStateTerminated {
                exit_code: *code,
                reason: Some(reason.to_owned()),
                started_at: Some(told_time(*since)),
                finished_at: Some(told_time(*at)),
                ..ContainerStateTerminated::default()
            });
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pod(status: serde_json::Value) -> Pod {
        crate::controller::pod::written(json!({"status": status}))
    }

    #[test]
    fn news_is_what_the_kubelet_tells_and_the_pod_does_not_say_yet() {
        let told = |phase: &str, ip: Option<&str>| PodStatus {
            phase: Some(phase.to_owned()),
            pod_ip: ip.map(str::to_owned),
            ..PodStatus::default()
        };
        let said = pod(json!({"phase": "Pending", "podIP": "10.0.0.1", "qosClass": "BestEffort"}));
        assert!(!is_news(&told("Pending", Some("10.0.0.1")), &said));
        assert!(!is_news(&told("Pending", None), &said));
        assert!(is_news(&told("Running", None), &said));
        assert!(is_news(&told("Pending", Some("10.0.0.2")), &said));
        assert!(is_news(&told("Pending", None), &Pod::default()));
    }
}
