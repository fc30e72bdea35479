//! kube-controller-manager alone: the controllers over somebody else's API server, without nodes,
//! scheduler or kubelets. It is what a real control plane without nodes is compared with.

use std::sync::Arc;

use apiserver::{ApiServer, User};
use tokio::{sync::mpsc::unbounded_channel, task::JoinSet};
use world::ClusterName;

use super::{Api, View, informer};
use crate::{
    controller::{self, Controller, Desk, Subscriber, work},
    log::EventLog,
    net::{Net, Place},
    random::Seed,
};

/// Runs the controllers over `server` until the returned tasks are dropped. Namespaces and
/// ServiceAccounts are furnished by the server itself and kept from here.
#[must_use = "dropping the tasks ends the controllers"]
pub fn manage(server: &ApiServer, cluster: &ClusterName) -> JoinSet<()> {
    let config = server.config();
    let api = Api::new(server.clone(), View::new(), User::controller("cluster"));
    let controllers = controller::of_the_manager(&api, &config.clock);
    // Nothing here is reached over a network; the place only says who never stands still.
    let desk = Desk {
        place: Place::Outside,
        net: Net::new(Seed(config.seed), Vec::new()),
        log: EventLog::new(),
    };
    let mut tasks = JoinSet::new();
    let subscribers = employ(&mut tasks, controllers, &desk);
    let note = informer::Note {
        log: desk.log.clone(),
        cluster: cluster.clone(),
    };
    let troubles = desk.net.troubles();
    tasks.spawn(informer::follow(
        server.clone(),
        api.view().clone(),
        subscribers,
        troubles,
        note,
    ));
    tasks
}

/// Starts each controller at its queue; the informer fills the queues.
pub(super) fn employ(
    tasks: &mut JoinSet<()>,
    controllers: Vec<Arc<dyn Controller>>,
    desk: &Desk,
) -> Vec<Subscriber> {
    let employed = controllers.into_iter().map(|controller| {
        let (queue, inbox) = unbounded_channel();
        tasks.spawn(work(Arc::clone(&controller), inbox, desk.clone()));
        Subscriber { controller, queue }
    });
    employed.collect()
}
