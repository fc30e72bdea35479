//! A cluster that stands, and the way to its API.

use engine::{Apply, Deadline, Kinds, ObjectRef, condition, wait};
use futures::future::try_join_all;
use ipnet::Ipv4Net;
use k8s_openapi::api::core::v1::Node;
use kube::{
    Api, Client, Config,
    api::{ListParams, Patch, PatchParams},
    config::{KubeConfigOptions, Kubeconfig},
    runtime::wait::await_condition,
};
use serde_json::{Value, json};
use world::{NetworkName, NodeName};

use crate::{Error, Result, docker::Docker, node::kubeconfig};

/// Who has applied what an image brings along.
const MANAGER: &str = "isthmus";

/// A cluster that stands.
#[derive(Clone)]
pub(crate) struct Standing {
    /// Its name on this host.
    pub(crate) name: String,
    /// The containers of its nodes; the first runs the control plane.
    pub(crate) nodes: Vec<String>,
    /// What the topology calls its nodes, in the same order.
    pub(crate) declared: Vec<NodeName>,
    /// The network it is in.
    pub(crate) network: NetworkName,
    /// Its pods.
    pub(crate) pods: Ipv4Net,
    /// Every address that packets of this cluster come from.
    pub(crate) sources: Vec<Ipv4Net>,
    /// How other clusters reach its API server.
    pub(crate) endpoint: engine::ApiEndpoint,
    pub(crate) client: Client,
}

/// The administrator's credentials, for callers on this host.
pub(crate) async fn credentials(docker: &Docker, node: &str, cluster: &str) -> Result<Kubeconfig> {
    let admin = docker.must(node, &["cat", ADMIN], None).await?;
    credentials_of(docker, node, cluster, &admin).await
}

/// Where kubeadm puts them, for callers in the node.
pub(crate) const ADMIN: &str = "/etc/kubernetes/admin.conf";

/// The same, from the text of the node's own file.
pub(crate) async fn credentials_of(
    docker: &Docker,
    node: &str,
    cluster: &str,
    admin: &str,
) -> Result<Kubeconfig> {
    let port = docker.published(node, 6443).await?;
    let port = port.ok_or_else(|| Error::Unusable {
        what: "published API port",
        node: cluster.to_owned(),
        why: "the daemon published none".to_owned(),
    })?;
    kubeconfig::from_admin(admin, cluster, &format!("https://127.0.0.1:{port}"))
}

/// A client of the API server.
pub(crate) async fn client(cluster: &str, kubeconfig: &Kubeconfig) -> Result<Client> {
    let failed = |source| kubernetes(cluster, "make a client", source);
    let options = KubeConfigOptions::default();
    let config = Config::from_custom_kubeconfig(kubeconfig.clone(), &options).await;
    let config = config.map_err(|error| failed(Box::new(error)))?;
    Client::try_from(config).map_err(|error| failed(Box::new(error)))
}

fn kubernetes(
    cluster: &str,
    doing: &str,
    source: Box<dyn std::error::Error + Send + Sync>,
) -> Error {
    Error::Kubernetes {
        cluster: cluster.to_owned(),
        doing: doing.to_owned(),
        source,
    }
}

impl Standing {
    /// The container of a node by its declared name.
    pub(crate) fn node(&self, name: &NodeName) -> Option<&str> {
        let place = self.declared.iter().position(|declared| declared == name)?;
        self.nodes.get(place).map(String::as_str)
    }

    fn api(&self) -> Api<Node> {
        Api::all(self.client.clone())
    }

    fn failed(&self, doing: &str) -> impl FnOnce(kube::Error) -> Error {
        let (name, doing) = (self.name.clone(), doing.to_owned());
        move |error| kubernetes(&name, &doing, Box::new(error))
    }

    /// Applies objects that the node image brings along.
    pub(crate) async fn apply(&self, objects: &[Value]) -> Result<()> {
        let kinds = Kinds::new(self.name.as_str(), self.client.clone());
        let apply = Apply::new(kinds, MANAGER);
        for object in objects {
            apply.one(object).await.map_err(|error| {
                let doing = "apply what the node image brings along";
                kubernetes(&self.name, doing, Box::new(error))
            })?;
        }
        Ok(())
    }

    /// Waits until the daemons among objects that were applied run on every node.
    pub(crate) async fn running(&self, objects: &[Value], deadline: Deadline) -> Result<()> {
        let failed = |error| kubernetes(&self.name, "wait for the pod network", Box::new(error));
        let kinds = Kinds::new(self.name.as_str(), self.client.clone());
        let daemons = objects.iter().enumerate();
        let daemons = daemons.filter(|(_, object)| object["kind"] == "DaemonSet");
        let awaited: engine::Result<Vec<_>> = daemons
            .map(|(index, object)| {
                Ok((ObjectRef::of(object, index)?, condition::ready("DaemonSet")))
            })
            .collect();
        wait::all(&kinds, awaited.map_err(failed)?, deadline)
            .await
            .map_err(failed)
    }

    /// Lets the control plane take workloads and load-balanced traffic too, for clusters of one node.
    pub(crate) async fn allow_workloads(&self) -> Result<()> {
        let label = "node.kubernetes.io/exclude-from-external-load-balancers";
        let patch = Patch::Merge(
            json!({ "metadata": { "labels": { label: null } }, "spec": { "taints": null } }),
        );
        let (api, params) = (self.api(), PatchParams::default());
        let nodes = api.list(&ListParams::default()).await;
        let nodes = nodes.map_err(self.failed("list nodes"))?.items;
        for node in nodes
            .iter()
            .filter_map(|node| node.metadata.name.as_deref())
        {
            let failed = self.failed("allow workloads on the control plane");
            api.patch(node, &params, &patch).await.map_err(failed)?;
        }
        Ok(())
    }

    /// Waits until every node is ready, which kind itself only warns about.
    pub(crate) async fn ready(&self, names: &[String]) -> Result<()> {
        let ready = names
            .iter()
            .map(|name| await_condition(self.api(), name, node_is_ready));
        let ready = try_join_all(ready).await.map(drop);
        ready.map_err(|error| kubernetes(&self.name, "watch the nodes", Box::new(error)))
    }
}

fn node_is_ready(node: Option<&Node>) -> bool {
    let status = node.and_then(|node| node.status.as_ref());
    let conditions = status.and_then(|status| status.conditions.as_deref());
    conditions
        .unwrap_or_default()
        .iter()
        .any(|condition| condition.type_ == "Ready" && condition.status == "True")
}
