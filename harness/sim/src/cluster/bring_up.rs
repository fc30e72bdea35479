//! Brings a cluster up: its addresses, its API server, its controllers, its nodes.

use std::{collections::BTreeMap, net::SocketAddrV4, sync::Arc};

use apiserver::{ApiServer, User};
use tokio::task::JoinSet;
use world::ClusterName;

use super::{
    API_PORT, Api, Cluster, View,
    furnish::furnish,
    informer, manager,
    plan::Plan,
    server::{self, Credentials},
    site::{Ground, Site},
};
use crate::{
    controller::{
        self, Controller, Desk, load_balancer::LoadBalancers, node_lifecycle::NodeLifecycle,
        scheduler::Scheduler,
    },
    kubelet::{Kubelets, NodeAddresses, Surroundings},
    net::{Part, Place},
};

/// Brings a cluster up; its nodes are ready when this returns.
pub(crate) async fn bring_up(
    ground: &Ground,
    name: &ClusterName,
    plan: &Plan,
) -> Result<Cluster, engine::Error> {
    let ground = &ground.with_own_clock();
    let site = Site { ground, name, plan };
    let host = site.attach_server()?;
    let nodes = site.attach_nodes()?;
    let credentials = Credentials::of(site)?;
    let view = View::new();
    let server = server::start(site, &credentials, &view);
    let port = server::port(site, &credentials, &server)?;
    let port = host.listen(API_PORT, Arc::new(port));
    let api = Api::new(server.clone(), view.clone(), User::controller("cluster"));
    let around = surroundings(site, &credentials, &api, nodes);
    let tasks = start(site, &around, &server);
    let furnished = furnish(&api, plan, &ground.clock).await;
    furnished.map_err(|status| site.refused(status.message))?;
    ground.log.note(name, "is up");
    Ok(Cluster {
        name: name.clone(),
        server,
        view,
        place: site.place(Part::ControlPlane),
        address: plan.api_server,
        clock: ground.clock.clone(),
        roots: credentials.authority.roots().clone(),
        admin_token: credentials.admin_token,
        _port: port.expect("a new host has no port open"),
        _host: host,
        _tasks: tasks,
    })
}

/// What kubelets and what they run find around them.
fn surroundings(
    site: Site<'_>,
    credentials: &Credentials,
    api: &Api,
    nodes: BTreeMap<String, NodeAddresses>,
) -> Surroundings {
    let ground = site.ground;
    Surroundings {
        cluster: site.name.clone(),
        api: api.clone(),
        clock: ground.clock.clone(),
        net: ground.net.clone(),
        log: ground.log.clone(),
        images: Arc::clone(&ground.images),
        nodes: Arc::new(nodes),
        seed: ground.seed,
        api_server: SocketAddrV4::new(site.plan.api_server, API_PORT),
        roots: credentials.authority.roots().clone(),
    }
}

/// Starts every controller, and the informer that tells them of changes.
fn start(site: Site<'_>, around: &Surroundings, server: &ApiServer) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    let desk = Desk {
        place: site.place(Part::ControlPlane),
        net: site.ground.net.clone(),
        log: site.ground.log.clone(),
    };
    let subscribers = manager::employ(&mut tasks, controllers(site, around), &desk);
    tasks.spawn(informer::follow(
        server.clone(),
        around.api.view().clone(),
        subscribers,
        site.ground.net.troubles(),
        informer::Note {
            log: site.ground.log.clone(),
            cluster: site.name.clone(),
        },
    ));
    tasks
}

/// kube-controller-manager's, and those that need nodes or a cloud.
fn controllers(site: Site<'_>, around: &Surroundings) -> Vec<Arc<dyn Controller>> {
    let (api, clock, net) = (&around.api, &site.ground.clock, &site.ground.net);
    let (cloud, addresses) = (site.place(Part::LoadBalancer), site.plan.load_balancers);
    let nodes = around.nodes.iter();
    let places = nodes.map(|(name, node)| (name.clone(), Place::clone(node.place())));
    let nodes = NodeLifecycle::new(api, clock.clone(), net.clone(), places.collect());
    let mut all = controller::of_the_manager(api, clock);
    all.push(Arc::new(Scheduler::new(api, clock.clone())));
    all.push(Arc::new(Kubelets::new(around.clone())));
    all.push(Arc::new(LoadBalancers::new(
        api,
        net.clone(),
        cloud,
        addresses,
    )));
    all.push(Arc::new(nodes));
    all
}
