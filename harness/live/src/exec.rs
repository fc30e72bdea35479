//! Commands in pods.

use std::time::Duration;

use engine::Error;
use k8s_openapi::api::core::v1::Pod;
use kube::{
    Api, Client,
    api::{AttachParams, AttachedProcess, ListParams},
    runtime::wait::await_condition,
};
use tokio::{io::AsyncReadExt as _, time::sleep};
use world::ClusterName;

/// How long a broken watch rests before it is tried again.
const REST: Duration = Duration::from_secs(1);

/// What keeps a command from being run.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The container that injection adds, in which nobody's own command is meant to run.
pub(crate) const PROXY: &str = "istio-proxy";

/// A workload, of which any ready pod will do.
pub(crate) struct Workload {
    pods: Api<Pod>,
    cluster: ClusterName,
    labels: String,
    /// Names it in errors.
    what: String,
}

impl Workload {
    /// The pods of a workload, by its name.
    pub(crate) fn of(client: Client, cluster: &ClusterName, namespace: &str, name: &str) -> Self {
        let labels = format!("app={name}");
        Self {
            pods: Api::namespaced(client, namespace),
            cluster: cluster.clone(),
            what: format!("{labels} in namespace {namespace} of {cluster}"),
            labels,
        }
    }

    /// The application's container in the first ready pod.
    ///
    /// # Errors
    /// If there is none, or the API server does not answer.
    pub(crate) async fn place(&self) -> engine::Result<Place> {
        let ready = ready(&self.pods, &self.labels, &self.what).await?;
        let pod = ready.first().ok_or_else(|| Error::NoClient {
            client: self.what.clone(),
            why: "there is no ready pod".to_owned(),
        })?;
        let container = application(pod);
        Ok(Place::new(self.pods.clone(), &self.cluster, pod, container))
    }
}

/// A container of a pod in which commands are run.
pub(crate) struct Place {
    pods: Api<Pod>,
    pod: String,
    container: String,
    /// Whether the pod has a proxy.
    pub(crate) proxied: bool,
    name: String,
}

impl Place {
    /// A container of a pod that was found.
    pub(crate) fn new(pods: Api<Pod>, cluster: &ClusterName, pod: &Pod, container: String) -> Self {
        let namespace = pod.metadata.namespace.as_deref().unwrap_or_default();
        let proxied = has_proxy(pod);
        let pod = pod.metadata.name.clone().unwrap_or_default();
        Self {
            name: format!("pod {namespace}/{pod} of {cluster}"),
            pods,
            pod,
            container,
            proxied,
        }
    }

    /// Starts a command whose input and output are ours.
    pub(crate) async fn attach(&self, command: &[&str]) -> Result<AttachedProcess, Failure> {
        let params = self.params().stdin(true);
        let command = command.iter().copied();
        Ok(self.pods.exec(&self.pod, command, &params).await?)
    }

    /// Runs a command to its end and returns what it wrote.
    pub(crate) async fn run(&self, command: &[&str]) -> Result<String, Failure> {
        let command = command.iter().copied();
        let mut attached = self.pods.exec(&self.pod, command, &self.params()).await?;
        let mut text = Vec::new();
        if let Some(mut stdout) = attached.stdout() {
            stdout.read_to_end(&mut text).await?;
        }
        attached.join().await?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    /// Waits until the pod is gone, or about to go.
    pub(crate) async fn left(&self) {
        let leaving =
            |pod: Option<&Pod>| pod.is_none_or(|pod| pod.metadata.deletion_timestamp.is_some());
        // A watch that breaks says nothing of the pod.
        while await_condition(self.pods.clone(), &self.pod, leaving)
            .await
            .is_err()
        {
            sleep(REST).await;
        }
    }

    /// The error for something that failed there.
    pub(crate) fn failed(&self, doing: &str, source: impl Into<Failure>) -> Error {
        Error::Machinery {
            doing: format!("{doing} {}", self.name),
            source: source.into(),
        }
    }

    fn params(&self) -> AttachParams {
        let params = AttachParams::default().container(&self.container);
        // A stream per answer would otherwise have to be drained beside the one we read.
        params.stdin(false).stdout(true).stderr(false)
    }
}

/// The ready pods with these labels, in the order of their names; `what` names them in errors.
///
/// # Errors
/// If the API server does not answer.
pub(crate) async fn ready(pods: &Api<Pod>, labels: &str, what: &str) -> engine::Result<Vec<Pod>> {
    let params = ListParams::default().labels(labels);
    let found = pods.list(&params).await.map_err(|error| Error::Machinery {
        doing: format!("list pods with {what}"),
        source: error.into(),
    })?;
    let mut ready: Vec<Pod> = found
        .items
        .into_iter()
        .filter(engine::pod::serves)
        .collect();
    ready.sort_by(|a, b| a.metadata.name.cmp(&b.metadata.name));
    Ok(ready)
}

/// The JSON in what a command of Istio's wrote: agents write warnings of their own before it.
pub(crate) fn document(text: &str) -> &str {
    let starts = |line: &str| line.starts_with(['{', '[']);
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if starts(line) {
            return &text[at..];
        }
        at += line.len();
    }
    text
}

/// The container that is not Istio's.
fn application(pod: &Pod) -> String {
    let containers = pod.spec.iter().flat_map(|spec| &spec.containers);
    let mut names = containers.map(|container| &container.name);
    names
        .find(|name| *name != PROXY)
        .cloned()
        .unwrap_or_default()
}

/// Whether injection gave the pod a proxy, as a native sidecar or beside the application.
pub(crate) fn has_proxy(pod: &Pod) -> bool {
    let spec = pod.spec.iter();
    let mut containers = spec.flat_map(|spec| {
        let native = spec.init_containers.as_deref().unwrap_or_default();
        native.iter().chain(&spec.containers)
    });
    containers.any(|container| container.name == PROXY)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pod(init: &[&str], containers: &[&str]) -> Pod {
        let named = |names: &[&str]| -> Vec<_> {
            names.iter().map(|name| json!({ "name": name })).collect()
        };
        let spec = json!({"initContainers": named(init), "containers": named(containers)});
        serde_json::from_value(json!({"metadata": {"name": "a"}, "spec": spec})).unwrap()
    }

    #[test]
    fn warnings_before_a_document_are_no_part_of_it() {
        let said =
            "2026-11-21T09:54:58Z\twarn\tOS CA Cert could not be found for agent\n{\n \"a\": 1}\n";
        assert_eq!(document(said), "{\n \"a\": 1}\n");
        assert_eq!(document("not found"), "not found");
    }

    #[test]
    fn commands_of_clients_run_beside_the_proxy_not_in_it() {
        assert_eq!(application(&pod(&[], &["istio-proxy", "sleep"])), "sleep");
        assert_eq!(application(&pod(&["istio-proxy"], &["sleep"])), "sleep");
    }

    #[test]
    fn a_proxy_is_found_as_native_sidecar_and_as_container() {
        assert!(has_proxy(&pod(&["istio-init", "istio-proxy"], &["sleep"])));
        assert!(has_proxy(&pod(&["istio-init"], &["sleep", "istio-proxy"])));
        assert!(!has_proxy(&pod(&["istio-init"], &["sleep"])));
    }
}
