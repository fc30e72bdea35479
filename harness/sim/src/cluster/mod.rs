//! A cluster: an API server in memory, its controllers and kubelets, and its place in the network.
//!
//! Reading order: [`plan`] and [`site`] (addresses), [`server`] (its API server), [`table`],
//! [`tables`], [`take_in`], [`graph`] and [`view`] (what controllers see), [`api`] (how they write), [`follow`]
//! and [`informer`] (how the view stays true), [`proxy`], [`records`] and [`webhook`] (kube-proxy,
//! DNS, and the way to webhooks), [`furnish`] (what is there from the start), [`bring_up`] (all of
//! it together), [`manager`] (the controllers over somebody else's server).

mod api;
mod bring_up;
mod follow;
mod furnish;
mod graph;
mod informer;
mod key;
mod manager;
pub mod plan;
mod proxy;
mod records;
mod server;
mod site;
mod table;
mod tables;
mod take_in;
mod view;
mod webhook;

use std::{collections::BTreeMap, net::Ipv4Addr, sync::Arc};

use apiserver::{ApiServer, Clock, Pod};
use pki::Roots;
use tokio::task::JoinSet;
use world::ClusterName;

use crate::{
    net::{Host, Listener, Place},
    program::Serve,
};

pub use api::{Api, Written};
pub(crate) use bring_up::bring_up;
pub(crate) use graph::{Graph, Node as GraphNode, Propagation};
pub use key::Key;
pub use manager::manage;
pub(crate) use site::Ground;
pub use table::{Delta, Table};
pub use tables::{Change, Tables, Watched};
pub use view::View;

/// A cluster that is up. Dropping it ends everything that runs in it.
pub struct Cluster {
    /// Its name.
    pub name: ClusterName,
    /// Its API server.
    pub server: ApiServer,
    /// What its objects look like now.
    pub view: View,
    /// Where its API server stands.
    pub place: Place,
    /// Where its API server is reached.
    pub address: Ipv4Addr,
    /// The authority of its API server's certificate.
    pub roots: Roots,
    /// The clock of its nodes and of its control plane.
    pub(crate) clock: Clock,
    pub(crate) admin_token: String,
    _port: Listener<Arc<dyn Serve>>,
    _host: Host<Arc<dyn Serve>>,
    _tasks: JoinSet<()>,
}

impl Cluster {
    /// Where the pods with these labels have their addresses now.
    pub(crate) fn running_at(
        &self,
        namespace: &str,
        labels: &BTreeMap<String, String>,
    ) -> Vec<(Place, Ipv4Addr)> {
        self.view.read(|tables| {
            let wanted = |pod: &&Arc<Pod>| {
                let own = pod.metadata.labels.as_ref();
                labels
                    .iter()
                    .all(|(key, value)| own.and_then(|own| own.get(key)) == Some(value))
            };
            let pods = tables.pods.within(namespace).filter(wanted);
            pods.filter_map(|pod| {
                let address = pod.status.as_ref()?.pod_ip.as_ref()?.parse().ok()?;
                // Its node matters to faults, not to whose address it is.
                Some((self.place.clone(), address))
            })
            .collect()
        })
    }
}

/// The port of API servers.
pub const API_PORT: u16 = 6443;
