//! One cluster, from containers to ready nodes: a list one can read aloud.

use engine::Deadline;
use futures::{
    future::{join_all, try_join_all},
    try_join,
};
use ipnet::Ipv4Net;
use kube::config::Kubeconfig;
use serde_json::Value;

use crate::{
    Error, Result, cni,
    docker::{Docker, Privilege},
    label::Labels,
    node::{
        boot,
        kubeadm::Configuration,
        kubeconfig,
        orders::{self, Orders},
        spec::NodePlan,
    },
    progress::{Step, Steps},
    standing::{self, Standing},
};

/// Brings the control plane up, and says what else is needed of its node, in one command.
const INIT: &str = "set -e
kubeadm init --config=/kind/kubeadm.conf --skip-token-print --v=1 >&2
cat /etc/kubernetes/admin.conf
echo @isthmus
cat /kind/manifests/default-cni.yaml";

/// What a cluster is made from.
pub(crate) struct ClusterPlan<'a> {
    pub(crate) nodes: &'a [NodePlan],
    pub(crate) cluster: &'a world::Cluster,
    pub(crate) image: &'a str,
    /// Images of the daemon that every node gets.
    pub(crate) preload: &'a [String],
    /// Whether its nodes' `/var` are there already, with these images in them.
    pub(crate) golden: bool,
    pub(crate) privilege: Privilege,
    /// The bridge's own address in the cluster's network.
    pub(crate) gateway: std::net::Ipv4Addr,
    /// Every pod range whose addresses survive on the way, comma-separated.
    pub(crate) pods: String,
    /// Commands that set the routes of every node.
    pub(crate) routes: String,
    /// Its load-balancer addresses.
    pub(crate) slice: Ipv4Net,
    pub(crate) owner: Labels,
}

impl ClusterPlan<'_> {
    /// Creates and starts the containers. Every request is seen through even if another has failed:
    /// what the daemon makes after its client has gone would escape the clean-up.
    pub(crate) async fn start(&self, docker: &Docker, progress: &Steps) -> Result<Vec<String>> {
        let start = |plan: &NodePlan| {
            let var = self.golden.then(|| plan.var());
            let labels = self.owner.clone();
            let spec = plan.container(self.image, self.privilege, self.gateway, labels, var);
            async move {
                let id = docker.create(&spec).await?;
                docker.start(&id).await?;
                Ok::<_, Error>(id)
            }
        };
        let starts = join_all(self.nodes.iter().map(start));
        let all = async { starts.await.into_iter().collect() };
        progress.step(Step::Containers, all).await
    }

    /// Makes a cluster of started containers.
    pub(crate) async fn up(
        &self,
        docker: &Docker,
        nodes: Vec<String>,
        progress: &Steps,
        deadline: Deadline,
    ) -> Result<Standing> {
        let (id, name) = (nodes[0].clone(), self.nodes[0].name());
        let bound = Bound::new(docker, progress, deadline, (&id, &name));
        bound.step(Step::Boot, self.boot(docker, &nodes)).await?;
        let configure = self.configure(docker, &nodes);
        bound.step(Step::Configuration, configure).await?;
        // The images are copied while the control plane comes up, which waits more than it works.
        let (said, ()) = try_join!(
            bound.step(Step::ControlPlane, self.init(docker, &id)),
            bound.step(Step::Images, self.load(docker, &nodes)),
        )?;
        let (admin, network) = said.split_once("@isthmus\n").unwrap_or((&said, ""));
        let kubeconfig = standing::credentials_of(docker, &id, self.name(), admin).await?;
        let standing = self.standing(nodes, &kubeconfig).await?;
        let network = self.network(network)?;
        let completed = self.complete(&standing, &network);
        bound.step(Step::PodNetwork, completed).await?;
        let join = self.join(docker, &standing);
        bound.step(Step::Workers, join).await?;
        let ready = self.ready(&standing, &network, deadline);
        bound.step(Step::Ready, ready).await?;
        Ok(standing)
    }

    /// The names of its nodes.
    pub(crate) fn names(&self) -> Vec<String> {
        self.nodes.iter().map(NodePlan::name).collect()
    }

    /// The cluster's name on this host.
    fn name(&self) -> &str {
        &self.nodes[0].cluster
    }

    /// Waits until every container is a node that takes commands.
    async fn boot(&self, docker: &Docker, nodes: &[String]) -> Result<()> {
        let boots = nodes.iter().map(|id| boot::booted(docker, id));
        try_join_all(boots).await.map(drop)
    }

    /// The way to a cluster whose containers may have been stopped and started again.
    pub(crate) async fn again(
        &self,
        docker: &Docker,
        nodes: Vec<String>,
        progress: &Steps,
        deadline: Deadline,
    ) -> Result<Standing> {
        let (id, name) = (nodes[0].clone(), self.nodes[0].name());
        let bound = Bound::new(docker, progress, deadline, (&id, &name));
        bound.step(Step::Boot, self.boot(docker, &nodes)).await?;
        let kubeconfig = standing::credentials(docker, &id, self.name()).await?;
        let standing = self.standing(nodes, &kubeconfig).await?;
        let names = self.names();
        bound.step(Step::Ready, standing.ready(&names)).await?;
        Ok(standing)
    }

    async fn configure(&self, docker: &Docker, nodes: &[String]) -> Result<()> {
        let names = [
            "localhost".to_owned(),
            "127.0.0.1".to_owned(),
            self.nodes[0].wan.address.to_string(),
        ];
        let tell = |(plan, id): (&NodePlan, &String)| {
            let (script, id) = (self.orders(plan, &names).install(), id.clone());
            async move { docker.script(&id, &script).await }
        };
        let told: Vec<_> = self.nodes.iter().zip(nodes).map(tell).collect();
        try_join_all(told).await.map(drop)
    }

    fn orders(&self, plan: &NodePlan, names: &[String]) -> Orders {
        let configuration = Configuration {
            cluster: &plan.cluster,
            node: &plan.name(),
            control_plane: &self.nodes[0].name(),
            address: plan.home.address,
            names,
            pods: self.cluster.pods,
            services: self.cluster.services,
            locality: &self.cluster.nodes[plan.index].locality,
        };
        Orders {
            routes: self.routes.clone(),
            slice: self.slice,
            wan: plan.wan.address,
            pods: self.cluster.pods,
            services: self.cluster.services,
            kubeadm: configuration.render(),
            role: plan.role(),
        }
    }

    async fn load(&self, docker: &Docker, nodes: &[String]) -> Result<()> {
        if self.preload.is_empty() || self.golden {
            return Ok(());
        }
        try_join_all(nodes.iter().map(|id| docker.load(id, self.preload)))
            .await
            .map(drop)
    }

    async fn init(&self, docker: &Docker, id: &str) -> Result<String> {
        docker.must(id, &["sh", "-c", INIT], None).await
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

    /// The way to a control plane that has come up.
    async fn standing(&self, nodes: Vec<String>, kubeconfig: &Kubeconfig) -> Result<Standing> {
        let name = self.name().to_owned();
        let endpoint = engine::ApiEndpoint {
            url: format!("https://{}:6443", self.nodes[0].wan.address),
            ca_pem: kubeconfig::authority(kubeconfig).unwrap_or_default(),
        };
        let client = standing::client(&name, kubeconfig).await?;
        Ok(Standing {
            name,
            nodes,
            declared: self
                .cluster
                .nodes
                .iter()
                .map(|node| node.name.clone())
                .collect(),
            network: self.cluster.network.clone(),
            pods: self.cluster.pods,
            sources: self.sources(),
            endpoint,
            client,
        })
    }

    /// The image's own pod network, filled in.
    fn network(&self, manifest: &str) -> Result<Vec<Value>> {
        let endpoint = format!("{}:6443", self.nodes[0].name());
        cni::fill(manifest, &self.pods, &endpoint).map_err(|error| Error::Unusable {
            what: "pod network manifest",
            node: self.nodes[0].name(),
            why: error.to_string(),
        })
    }

    /// What Kubernetes itself leaves to others.
    async fn complete(&self, standing: &Standing, network: &[Value]) -> Result<()> {
        if self.nodes.len() == 1 {
            standing.allow_workloads().await?;
        }
        standing.apply(network).await
    }

    /// Nodes may be Ready before the pod network's own daemons are (see `node::early`), and between
    /// nodes it takes these.
    async fn ready(
        &self,
        standing: &Standing,
        network: &[Value],
        deadline: Deadline,
    ) -> Result<()> {
        let names = self.names();
        let running = standing.running(network, deadline);
        try_join!(standing.ready(&names), running).map(drop)
    }

    async fn join(&self, docker: &Docker, standing: &Standing) -> Result<()> {
        let config = format!("--config={}", orders::CONFIGURATION);
        let join = ["kubeadm", "join", &config, "--v=1"];
        let workers = standing.nodes[1..].iter();
        try_join_all(workers.map(|id| docker.must(id, &join, None)))
            .await
            .map(drop)
    }
}

/// Steps that have a deadline, and name the node that let it pass.
struct Bound<'a> {
    docker: &'a Docker,
    progress: &'a Steps,
    deadline: Deadline,
    /// The node whose log is shown: its id and its name.
    node: (&'a str, &'a str),
}

impl<'a> Bound<'a> {
    fn new(
        docker: &'a Docker,
        progress: &'a Steps,
        deadline: Deadline,
        node: (&'a str, &'a str),
    ) -> Self {
        Self {
            docker,
            progress,
            deadline,
            node,
        }
    }

    async fn step<T>(&self, step: Step, work: impl Future<Output = Result<T>>) -> Result<T> {
        let left = self.deadline.remaining();
        let work = self.progress.step(step, work);
        match tokio::time::timeout(left, work).await {
            Ok(done) => done,
            Err(_) => {
                let waited = self.deadline.patience();
                Err(boot::late(self.docker, self.node, step.awaited(), waited).await)
            }
        }
    }
}
