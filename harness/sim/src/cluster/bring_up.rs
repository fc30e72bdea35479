//! Brings a cluster up: its addresses, its API server, its controllers, its nodes.

use std::{collections::BTreeMap, net::SocketAddrV4, sync::Arc};

use apiserver::{ApiServer, Authenticator, Clock, Config, Handlers, User};
use k8s_openapi::api::{core::v1::Node, discovery::v1::EndpointSlice};
use pki::KeyPair;
use rand::RngExt;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use world::ClusterName;

use super::{
    API_PORT, Api, Cluster, Key, View, informer, manager,
    plan::{Plan, PlannedNode},
    proxy::KubeProxy,
    webhook::Webhooks,
};
use crate::{
    controller::{
        self, Desk, load_balancer::LoadBalancers, node_lifecycle::NodeLifecycle,
        scheduler::Scheduler,
    },
    kubelet::{Kubelets, NodeAddresses, Surroundings},
    log::EventLog,
    net::{Net, Origin, Part, Place, Scope},
    program::{Images, Serve},
    random::Seed,
    remote::{self, ApiPort},
};

/// What every cluster of a run stands on.
#[derive(Clone)]
pub(crate) struct Ground {
    pub(crate) seed: Seed,
    pub(crate) clock: Clock,
    pub(crate) log: EventLog,
    pub(crate) net: Net<Arc<dyn Serve>>,
    pub(crate) images: Arc<dyn Images>,
}

/// Knows the administrator's token.
struct Admin {
    token: String,
}

impl Authenticator for Admin {
    fn token(&self, token: &str) -> Option<User> {
        (token == self.token).then(User::admin)
    }

    /// Nobody has a client certificate here.
    fn certificate(&self, _: &[Vec<u8>]) -> Option<User> {
        None
    }
}

/// Brings a cluster up; its nodes are ready when this returns.
pub(crate) async fn bring_up(
    ground: &Ground,
    name: &ClusterName,
    plan: &Plan,
) -> Result<Cluster, engine::Error> {
    let place = place(name, plan, Part::ControlPlane);
    let taken = |error: crate::net::AddressTaken| engine::Error::Substrate {
        why: format!("cluster {name}: {error}; give clusters ranges that do not overlap"),
    };
    let host = ground
        .net
        .attach(place.clone(), Scope::Everywhere, plan.api_server);
    let host = host.map_err(taken)?;
    let keys = pki::Seed::new(ground.seed.0).of(&format!("{name}/kubernetes"));
    let authority = remote::authority(&keys, ground.clock).map_err(signing)?;
    let admin_token = format!(
        "admin-{:016x}",
        ground
            .seed
            .stream(format_args!("{name} admin"))
            .random::<u64>()
    );
    let nodes = attach_nodes(ground, name, plan).map_err(taken)?;
    let view = View::new();
    let base = Base {
        ca_pem: authority.roots().to_pem(),
        admin_token: admin_token.clone(),
        place: place.clone(),
    };
    let server = server(ground, name, plan, &view, base);
    let key = KeyPair::from_seed(&keys.of("serving"));
    let port = ApiPort::new(
        server.clone(),
        &authority,
        &key,
        plan.api_server,
        ground.clock,
    );
    let port = host.listen(API_PORT, Arc::new(port.map_err(signing)?));
    let api = Api::new(server.clone(), view.clone(), User::controller("cluster"));
    let mut tasks = JoinSet::new();
    let around = Surroundings {
        cluster: name.clone(),
        api: api.clone(),
        clock: ground.clock,
        net: ground.net.clone(),
        log: ground.log.clone(),
        images: Arc::clone(&ground.images),
        nodes: Arc::new(nodes),
        seed: ground.seed,
        api_server: SocketAddrV4::new(plan.api_server, API_PORT),
        roots: authority.roots().clone(),
    };
    start(&mut tasks, ground, &around, plan, &place, &server);
    furnish(&api, ground, plan)
        .await
        .map_err(|status| engine::Error::Substrate {
            why: format!("cluster {name}: {}", status.message),
        })?;
    ground.log.note(name, "is up");
    Ok(Cluster {
        name: name.clone(),
        server,
        view,
        place,
        address: plan.api_server,
        roots: authority.roots().clone(),
        admin_token,
        _port: port.expect("a new host has no port open"),
        _host: host,
        _tasks: tasks,
    })
}

fn signing(source: pki::PkiError) -> engine::Error {
    engine::Error::Machinery {
        doing: "signing an API server's certificate".to_owned(),
        source: Box::new(source),
    }
}

fn place(name: &ClusterName, plan: &Plan, part: Part) -> Place {
    Place::Cluster {
        cluster: name.clone(),
        network: plan.network.clone(),
        part,
    }
}

fn attach_nodes(
    ground: &Ground,
    name: &ClusterName,
    plan: &Plan,
) -> Result<BTreeMap<String, NodeAddresses>, crate::net::AddressTaken> {
    let scope = Scope::Network(plan.network.clone());
    let attach = |node: &PlannedNode| {
        let place = place(name, plan, Part::Node(node.name.clone()));
        let host = ground.net.attach(place, scope.clone(), node.address)?;
        Ok((
            node.name.to_string(),
            NodeAddresses::new(host, scope.clone(), node.pods),
        ))
    };
    plan.nodes.iter().map(attach).collect()
}

/// What an API server is made with besides its addresses.
struct Base {
    ca_pem: String,
    admin_token: String,
    place: Place,
}

fn server(ground: &Ground, name: &ClusterName, plan: &Plan, view: &View, base: Base) -> ApiServer {
    let webhooks = Webhooks {
        net: ground.net.clone(),
        view: view.clone(),
        from: Origin {
            place: base.place,
            address: plan.api_server,
        },
        clock: ground.clock,
    };
    let proxy = KubeProxy {
        view: view.clone(),
        seed: ground.seed,
        nodes: plan.nodes.iter().map(|node| node.address).collect(),
    };
    ground.net.set_service_proxy(name.clone(), Arc::new(proxy));
    let config = Config {
        service_cidr: plan.services,
        cluster_ca: Some(base.ca_pem),
        ..Config::new(name.as_str(), ground.seed.0, ground.clock)
    };
    let handlers = Handlers {
        webhooks: Some(Arc::new(webhooks)),
        authenticator: Some(Arc::new(Admin {
            token: base.admin_token,
        })),
        ..Handlers::default()
    };
    ApiServer::with_handlers(config, handlers)
}

/// Starts every controller, and the informer that tells them of changes.
fn start(
    tasks: &mut JoinSet<()>,
    ground: &Ground,
    around: &Surroundings,
    plan: &Plan,
    place: &Place,
    server: &ApiServer,
) {
    let (api, clock, net) = (&around.api, ground.clock, &ground.net);
    let places = around
        .nodes
        .iter()
        .map(|(name, node)| (name.clone(), node.place().clone()));
    let balancer = self::place(&around.cluster, plan, Part::LoadBalancer);
    let mut controllers = controller::of_the_manager(api, clock);
    controllers.push(Arc::new(Scheduler::new(api, clock)));
    controllers.push(Arc::new(Kubelets::new(around.clone())));
    let addresses = plan.load_balancers;
    let balancers = LoadBalancers::new(api, net.clone(), balancer, addresses);
    controllers.push(Arc::new(balancers));
    let nodes = NodeLifecycle::new(api, clock, net.clone(), places.collect());
    controllers.push(Arc::new(nodes));
    let desk = Desk {
        place: place.clone(),
        net: net.clone(),
        log: ground.log.clone(),
    };
    let subscribers = manager::employ(tasks, controllers, &desk);
    tasks.spawn(informer::follow(
        server.clone(),
        api.view().clone(),
        subscribers,
        ground.net.troubles(),
        informer::Note {
            log: ground.log.clone(),
            cluster: around.cluster.clone(),
        },
    ));
}

/// What a cluster has before anybody applies anything: its nodes, and where its API server is.
async fn furnish(api: &Api, ground: &Ground, plan: &Plan) -> Result<(), apiserver::Status> {
    for node in &plan.nodes {
        api.create::<Node>(node_object(node)).await?;
        let key = Key::new("", node.name.as_str());
        api.patch_status::<Node>(&key, node_status(node, ground))
            .await?;
    }
    let slice = json!({
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
        "metadata": {"namespace": "default", "name": "kubernetes",
            "labels": {"kubernetes.io/service-name": "kubernetes"}},
        "addressType": "IPv4",
        "endpoints": [{"addresses": [plan.api_server], "conditions": {"ready": true}}],
        "ports": [{"name": "https", "port": API_PORT, "protocol": "TCP"}],
    });
    api.create::<EndpointSlice>(slice).await.map(drop)
}

fn node_object(node: &PlannedNode) -> Value {
    let mut labels = json!({
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": node.name,
        "kubernetes.io/os": "linux",
    });
    for (label, value) in [
        ("topology.kubernetes.io/region", &node.locality.region),
        ("topology.kubernetes.io/zone", &node.locality.zone),
        ("topology.istio.io/subzone", &node.locality.subzone),
    ] {
        if !value.is_empty() {
            labels[label] = value.as_str().into();
        }
    }
    json!({
        "apiVersion": "v1", "kind": "Node",
        "metadata": {"name": node.name, "labels": labels},
        "spec": {"podCIDR": node.pods, "podCIDRs": [node.pods]},
    })
}

fn node_status(node: &PlannedNode, ground: &Ground) -> Value {
    let time = ground.clock.stamp();
    json!({
        "addresses": [
            {"type": "InternalIP", "address": node.address},
            {"type": "Hostname", "address": node.name},
        ],
        "conditions": [{
            "type": "Ready", "status": "True", "reason": "KubeletReady",
            "message": "kubelet is posting ready status",
            "lastHeartbeatTime": time, "lastTransitionTime": time,
        }],
    })
}
