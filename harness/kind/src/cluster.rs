//! One cluster, from containers to ready nodes: a list one can read aloud.

use engine::Deadline;
use futures::{future::try_join_all, try_join};
use ipnet::Ipv4Net;
use k8s_openapi::api::core::v1::Node;
use kube::{
    Api, Client, Config,
    api::{ListParams, Patch, PatchParams},
    config::{KubeConfigOptions, Kubeconfig},
    runtime::wait::await_condition,
};
use serde_json::json;

use crate::{
    Error, Result, cni,
    docker::{Docker, Privilege},
    label::Labels,
    node::{boot, kubeadm::Configuration, kubeconfig, spec::NodePlan},
};

const CONFIGURATION: &str = "/kind/kubeadm.conf";
const ADMIN: &str = "--kubeconfig=/etc/kubernetes/admin.conf";

/// What a cluster is made from.
pub(crate) struct ClusterPlan<'a> {
    pub(crate) nodes: &'a [NodePlan],
    pub(crate) cluster: &'a world::Cluster,
    pub(crate) image: &'a str,
    /// Images of the daemon that every node gets.
    pub(crate) preload: &'a [String],
    pub(crate) privilege: Privilege,
    /// The bridge's own address in the cluster's network.
    pub(crate) gateway: std::net::Ipv4Addr,
    /// Every pod range whose addresses survive on the way, comma-separated.
    pub(crate) pods: String,
    pub(crate) owner: Labels,
}

/// A cluster that stands.
#[derive(Clone)]
pub(crate) struct Standing {
    /// Its name on this host.
    pub(crate) name: String,
    /// The containers of its nodes; the first runs the control plane.
    pub(crate) nodes: Vec<String>,
    /// Every address that packets of this cluster come from.
    pub(crate) sources: Vec<Ipv4Net>,
    /// How other clusters reach its API server.
    pub(crate) endpoint: engine::ApiEndpoint,
    pub(crate) client: Client,
}

impl ClusterPlan<'_> {
    /// Brings the cluster up.
    pub(crate) async fn up(&self, docker: &Docker, deadline: Deadline) -> Result<Standing> {
        let nodes = self.start(docker, deadline).await?;
        self.configure(docker, &nodes).await?;
        // The images are copied while the control plane comes up, which waits more than it works.
        try_join!(self.init(docker, &nodes[0]), self.load(docker, &nodes))?;
        let standing = self.standing(docker, nodes).await?;
        standing.allow_workloads(self.nodes.len() == 1).await?;
        standing.network(docker, self).await?;
        standing.join(docker).await?;
        standing.ready(docker, self.nodes, deadline).await?;
        Ok(standing)
    }

    async fn start(&self, docker: &Docker, deadline: Deadline) -> Result<Vec<String>> {
        let start = |plan: &NodePlan| {
            let spec = plan.container(self.image, self.privilege, self.gateway, self.owner.clone());
            async move {
                let id = docker.create(&spec).await?;
                docker.start(&id).await?;
                boot::booted(docker, &id, &spec.name, deadline).await?;
                Ok(id)
            }
        };
        try_join_all(self.nodes.iter().map(start)).await
    }

    async fn configure(&self, docker: &Docker, nodes: &[String]) -> Result<()> {
        let version = docker
            .must(&nodes[0], &["cat", "/kind/version"], None)
            .await?;
        let names = [
            "localhost".to_owned(),
            "127.0.0.1".to_owned(),
            self.nodes[0].wan.address.to_string(),
        ];
        let write = |(plan, id): (&NodePlan, &String)| {
            let name = plan.name();
            let configuration = Configuration {
                cluster: &plan.cluster,
                node: &name,
                control_plane: &self.nodes[0].name(),
                version: version.trim(),
                address: plan.home.address,
                names: &names,
                pods: self.cluster.pods,
                services: self.cluster.services,
                locality: &self.cluster.nodes[plan.index].locality,
            }
            .render();
            let id = id.clone();
            async move {
                docker
                    .write(&id, CONFIGURATION, configuration.as_bytes())
                    .await
            }
        };
        try_join_all(self.nodes.iter().zip(nodes).map(write))
            .await
            .map(drop)
    }

    async fn load(&self, docker: &Docker, nodes: &[String]) -> Result<()> {
        if self.preload.is_empty() {
            return Ok(());
        }
        try_join_all(nodes.iter().map(|id| docker.load(id, self.preload)))
            .await
            .map(drop)
    }

    async fn init(&self, docker: &Docker, id: &str) -> Result<()> {
        let config = format!("--config={CONFIGURATION}");
        docker
            .must(
                id,
                &["kubeadm", "init", &config, "--skip-token-print", "--v=1"],
                None,
            )
            .await
            .map(drop)
    }

    fn sources(&self) -> Vec<Ipv4Net> {
        let addresses = self
            .nodes
            .iter()
            .flat_map(|node| [node.home.address, node.wan.address]);
        addresses
            .map(Ipv4Net::from)
            .chain([self.cluster.pods])
            .collect()
    }

    async fn standing(&self, docker: &Docker, nodes: Vec<String>) -> Result<Standing> {
        let name = self.nodes[0].cluster.clone();
        let admin = docker
            .must(&nodes[0], &["cat", "/etc/kubernetes/admin.conf"], None)
            .await?;
        let port = docker
            .published(&nodes[0], 6443)
            .await?
            .ok_or_else(|| Error::Unusable {
                what: "published API port",
                node: self.nodes[0].name(),
                why: "the daemon published none".to_owned(),
            })?;
        let kubeconfig =
            kubeconfig::from_admin(&admin, &name, &format!("https://127.0.0.1:{port}"))?;
        let endpoint = engine::ApiEndpoint {
            url: format!("https://{}:6443", self.nodes[0].wan.address),
            ca_pem: kubeconfig::authority(&kubeconfig).unwrap_or_default(),
        };
        let client = client(&name, &kubeconfig).await?;
        let sources = self.sources();
        Ok(Standing {
            name,
            nodes,
            sources,
            endpoint,
            client,
        })
    }
}

async fn client(cluster: &str, kubeconfig: &Kubeconfig) -> Result<Client> {
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
    fn api(&self) -> Api<Node> {
        Api::all(self.client.clone())
    }

    fn failed(&self, doing: &str) -> impl FnOnce(kube::Error) -> Error {
        let (name, doing) = (self.name.clone(), doing.to_owned());
        move |error| kubernetes(&name, &doing, Box::new(error))
    }

    /// A control plane that is alone takes workloads and load-balanced traffic too.
    async fn allow_workloads(&self, alone: bool) -> Result<()> {
        if !alone {
            return Ok(());
        }
        let label = "node.kubernetes.io/exclude-from-external-load-balancers";
        let patch = Patch::Merge(
            json!({ "metadata": { "labels": { label: null } }, "spec": { "taints": null } }),
        );
        let (api, params) = (self.api(), PatchParams::default());
        let nodes = api
            .list(&ListParams::default())
            .await
            .map_err(self.failed("list nodes"))?;
        for node in nodes
            .items
            .iter()
            .filter_map(|node| node.metadata.name.as_deref())
        {
            let failed = self.failed("allow workloads on the control plane");
            api.patch(node, &params, &patch).await.map_err(failed)?;
        }
        Ok(())
    }

    /// Applies the image's own pod network.
    async fn network(&self, docker: &Docker, plan: &ClusterPlan<'_>) -> Result<()> {
        let path = "/kind/manifests/default-cni.yaml";
        let manifest = docker.must(&self.nodes[0], &["cat", path], None).await?;
        let endpoint = format!("{}:6443", plan.nodes[0].name());
        let filled =
            cni::fill(&manifest, &plan.pods, &endpoint).map_err(|error| Error::Unusable {
                what: "pod network manifest",
                node: plan.nodes[0].name(),
                why: error.to_string(),
            })?;
        let create = ["kubectl", ADMIN, "create", "-f", "-"];
        docker
            .must(&self.nodes[0], &create, Some(filled.as_bytes()))
            .await
            .map(drop)
    }

    async fn join(&self, docker: &Docker) -> Result<()> {
        let config = format!("--config={CONFIGURATION}");
        let config = &config;
        let join = |id: &String| {
            let id = id.clone();
            async move {
                docker
                    .must(&id, &["kubeadm", "join", config, "--v=1"], None)
                    .await
            }
        };
        try_join_all(self.nodes[1..].iter().map(join))
            .await
            .map(drop)
    }

    /// Waits until every node is ready, which kind itself only warns about.
    async fn ready(&self, docker: &Docker, nodes: &[NodePlan], deadline: Deadline) -> Result<()> {
        let names: Vec<String> = nodes.iter().map(NodePlan::name).collect();
        let ready = names
            .iter()
            .map(|name| await_condition(self.api(), name, node_is_ready));
        let left = deadline.remaining();
        match tokio::time::timeout(left, try_join_all(ready)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(kubernetes(&self.name, "watch the nodes", Box::new(error))),
            Err(_) => {
                Err(boot::late(docker, &self.nodes[0], &names[0], "become Ready", left).await)
            }
        }
    }
}

fn node_is_ready(node: Option<&Node>) -> bool {
    let status = node.and_then(|node| node.status.as_ref());
    let conditions = status
        .and_then(|status| status.conditions.as_deref())
        .unwrap_or_default();
    conditions
        .iter()
        .any(|condition| condition.type_ == "Ready" && condition.status == "True")
}
