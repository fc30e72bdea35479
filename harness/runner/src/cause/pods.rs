//! What pods that are not ready say of themselves: an installation fails by them, and "0 of 1 replicas"
//! is no reason.

use k8s_openapi::api::core::v1::{ContainerStatus, Event, Pod};
use kube::{Api, Client, ResourceExt as _, api::ListParams};

use crate::running::Running;

/// So many pods are told of; the others are counted.
const TOLD: usize = 3;

/// One line about the pods that are not ready; `None` if there are none or nobody can be asked.
pub(crate) async fn not_ready(running: &Running<'_>) -> Option<String> {
    let mut lines = Vec::new();
    for cluster in running.site.topology.substrate().clusters.keys() {
        let client = running.site.kinds(cluster).client().clone();
        for (pod, events) in unready(client).await.ok()? {
            lines.push(line(&pod, &events, cluster.as_str()));
        }
    }
    let more = lines.len().saturating_sub(TOLD);
    lines.truncate(TOLD);
    if more > 0 {
        lines.push(format!("{more} more pods are not ready"));
    }
    (!lines.is_empty()).then(|| lines.join("; "))
}

async fn unready(client: Client) -> kube::Result<Vec<(Pod, Vec<Event>)>> {
    let pods = Api::<Pod>::all(client.clone());
    let mut found = Vec::new();
    for pod in pods.list(&ListParams::default()).await? {
        if !is_well(&pod) {
            let about = format!("involvedObject.uid={}", pod.uid().unwrap_or_default());
            let events: Api<Event> = Api::all(client.clone());
            let events = events.list(&ListParams::default().fields(&about)).await;
            // A cluster that keeps no events has none to tell.
            found.push((pod, events.map(|events| events.items).unwrap_or_default()));
        }
    }
    Ok(found)
}

/// Whether a pod is as it should be: ready, or done.
fn is_well(pod: &Pod) -> bool {
    let status = pod.status.as_ref();
    let done = status.and_then(|status| status.phase.as_deref()) == Some("Succeeded");
    done || engine::pod::is_ready(pod)
}

fn line(pod: &Pod, events: &[Event], cluster: &str) -> String {
    let name = format!("{}/{}", pod.namespace().unwrap_or_default(), pod.name_any());
    let said = waiting(pod)
        .or_else(|| warned(events))
        .or_else(|| unscheduled(pod));
    let said = said.unwrap_or_else(|| "it says nothing".to_owned());
    format!("pod {name} of {cluster} is not ready: {said}")
}

/// What the first container says that waits or has ended badly.
fn waiting(pod: &Pod) -> Option<String> {
    let status = pod.status.as_ref()?;
    let init = status.init_container_statuses.iter().flatten();
    let all = init.chain(status.container_statuses.iter().flatten());
    all.filter_map(state).next()
}

fn state(container: &ContainerStatus) -> Option<String> {
    let state = container.state.as_ref()?;
    let (reason, message) = match (&state.waiting, &state.terminated) {
        // What a container waits for that others must start before it is no reason.
        (Some(waiting), _) if waiting.reason.as_deref() != Some("PodInitializing") => {
            (waiting.reason.clone(), waiting.message.clone())
        }
        (_, Some(ended)) if ended.exit_code != 0 => (
            Some(format!("ended with {}", ended.exit_code)),
            ended.message.clone(),
        ),
        _ => return None,
    };
    let words = [reason, message].into_iter().flatten().collect::<Vec<_>>();
    Some(format!("{}: {}", container.name, words.join(", ")))
}

/// The last warning about it.
fn warned(events: &[Event]) -> Option<String> {
    let warnings = events.iter();
    let warnings = warnings.filter(|event| event.type_.as_deref() == Some("Warning"));
    let last = warnings.max_by_key(|event| event.last_timestamp.clone())?;
    last.message.clone()
}

fn unscheduled(pod: &Pod) -> Option<String> {
    let conditions = pod.status.as_ref()?.conditions.as_deref()?;
    let mut bad = conditions.iter().filter(|one| one.status == "False");
    bad.find_map(|one| one.message.clone())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(status: serde_json::Value, warning: Option<&str>) -> String {
        let pod = json!({"metadata": {"name": "istiod-1", "namespace": "istio-system"}, "status": status});
        let event = warning.map(|text| {
            json!({"metadata": {}, "involvedObject": {}, "type": "Warning", "message": text})
        });
        let events: Vec<Event> = event
            .map(|event| serde_json::from_value(event).unwrap())
            .into_iter()
            .collect();
        line(&serde_json::from_value(pod).unwrap(), &events, "cluster1")
    }

    #[test]
    fn a_pod_says_what_its_container_waits_for() {
        let waits = json!({"containerStatuses": [{"name": "discovery", "ready": false, "restartCount": 0,
            "image": "", "imageID": "", "state": {"waiting": {"reason": "ImagePullBackOff", "message": "no such host"}}}]});
        assert_eq!(
            told(waits, Some("later")),
            "pod istio-system/istiod-1 of cluster1 is not ready: discovery: ImagePullBackOff, no such host"
        );
    }

    #[test]
    fn where_containers_run_the_last_warning_is_told() {
        let runs = json!({"containerStatuses": [{"name": "discovery", "ready": false, "restartCount": 0,
            "image": "", "imageID": "", "state": {"running": {}}}]});
        let told = told(runs, Some("Readiness probe failed: statuscode: 404"));
        assert!(
            told.ends_with("Readiness probe failed: statuscode: 404"),
            "{told}"
        );
    }

    #[test]
    fn a_pod_without_a_node_says_why() {
        let pending = json!({"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False",
            "message": "0/1 nodes are available"}]});
        assert!(told(pending, None).ends_with("0/1 nodes are available"));
    }

    #[test]
    fn pods_that_are_ready_or_done_are_left_out() {
        let pod = |status| -> Pod {
            serde_json::from_value(json!({"metadata": {}, "status": status})).unwrap()
        };
        assert!(is_well(&pod(json!({"phase": "Succeeded"}))));
        assert!(is_well(&pod(
            json!({"conditions": [{"type": "Ready", "status": "True"}]})
        )));
        assert!(!is_well(&pod(
            json!({"conditions": [{"type": "Ready", "status": "False"}]})
        )));
    }
}
