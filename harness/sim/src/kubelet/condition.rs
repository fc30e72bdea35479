//! The conditions of a pod: a pure function of its containers' states, and of what others have said.

use apiserver::Pod;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::PodCondition;

use super::status::{Located, Part, Role, is_initialized, is_ready, phase, told_time};

/// Why a condition is not true: its reason and message.
type Because = Option<(&'static str, String)>;

/// The conditions of a pod, those of others included.
pub(super) fn conditions(
    pod: &Pod,
    parts: &[Part<'_>],
    located: Located,
    now: Timestamp,
) -> Vec<PodCondition> {
    let unready = unready(pod, parts);
    let gates = gate_reason(pod).filter(|_| unready.is_none());
    let no_sandbox = located.pod.is_none();
    let no_sandbox = no_sandbox.then(|| ("PodSandboxNotReady", String::new()));
    let writer = Conditions { pod, now };
    let mut all = vec![
        writer.condition("PodReadyToStartContainers", no_sandbox),
        writer.condition("Initialized", uninitialized(parts)),
        writer.condition("Ready", unready.clone().or(gates)),
        writer.condition("ContainersReady", unready),
        writer.condition("PodScheduled", None),
    ];
    all.extend(writer.foreign());
    all
}

fn unready(pod: &Pod, parts: &[Part<'_>]) -> Because {
    let unready = |part: &&Part<'_>| part.role != Role::Init && !is_ready(part);
    let names = names(parts.iter().filter(unready))?;
    Some(match phase(pod, parts) {
        "Succeeded" | "Failed" => ("PodCompleted", String::new()),
        _ => {
            let message = format!("containers with unready status: [{names}]");
            ("ContainersNotReady", message)
        }
    })
}

fn uninitialized(parts: &[Part<'_>]) -> Because {
    let names = names(parts.iter().filter(|part| !is_initialized(part)))?;
    let message = format!("containers with incomplete status: [{names}]");
    Some(("ContainersNotInitialized", message))
}

/// The names of containers; `None` if there are none.
fn names<'a>(parts: impl Iterator<Item = &'a Part<'a>>) -> Option<String> {
    let names: Vec<_> = parts.map(|part| part.container.name.as_str()).collect();
    (!names.is_empty()).then(|| names.join(" "))
}

/// Why a pod whose containers are ready is not: a readiness gate that is not true.
fn gate_reason(pod: &Pod) -> Because {
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

    fn known(&self) -> &[PodCondition] {
        let status = self.pod.status.as_ref();
        status
            .and_then(|status| status.conditions.as_deref())
            .unwrap_or_default()
    }

    /// A condition that is true, unless there is a reason why it is not.
    fn condition(&self, kind: &str, because: Because) -> PodCondition {
        let status = if because.is_none() { "True" } else { "False" };
        let before = self
            .known()
            .iter()
            .find(|one| one.type_ == kind && one.status == status);
        let since = before.and_then(|one| one.last_transition_time.clone());
        let (reason, message) = because.unzip();
        PodCondition {
            type_: kind.to_owned(),
            status: status.to_owned(),
            last_transition_time: Some(since.unwrap_or_else(|| told_time(self.now))),
            reason: reason.map(str::to_owned),
            message: message.filter(|message| !message.is_empty()),
            ..PodCondition::default()
        }
    }

    /// Conditions that others have set, readiness gates for example.
    fn foreign(&self) -> impl Iterator<Item = PodCondition> {
        let others = self
            .known()
            .iter()
            .filter(|one| !Self::OWN.contains(&one.type_.as_str()));
        others.cloned()
    }
}
