//! Where a cluster stands: its name, its addresses, and what every cluster of a run stands on.

use std::{collections::BTreeMap, sync::Arc};

use apiserver::Clock;
use world::ClusterName;

use super::plan::{Plan, PlannedNode};
use crate::{
    kubelet::NodeAddresses,
    log::EventLog,
    net::{AddressTaken, Host, Net, Part, Place, Scope},
    program::{Images, Serve},
    random::Seed,
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

impl Ground {
    /// The same ground for a cluster whose clocks can be put off.
    pub(super) fn with_own_clock(&self) -> Self {
        Self {
            clock: self.clock.another(),
            ..self.clone()
        }
    }
}

/// A cluster before it is up.
#[derive(Clone, Copy)]
pub(super) struct Site<'a> {
    pub(super) ground: &'a Ground,
    pub(super) name: &'a ClusterName,
    pub(super) plan: &'a Plan,
}

impl Site<'_> {
    pub(super) fn place(self, part: Part) -> Place {
        Place::Cluster {
            cluster: self.name.clone(),
            network: self.plan.network.clone(),
            part,
        }
    }

    /// Takes the address of the API server, which every network reaches.
    pub(super) fn attach_server(self) -> Result<Host<Arc<dyn Serve>>, engine::Error> {
        let place = self.place(Part::ControlPlane);
        let host = self
            .ground
            .net
            .attach(place, Scope::Everywhere, self.plan.api_server);
        host.map_err(|error| self.taken(error))
    }

    /// Takes the addresses of the nodes and their pods.
    pub(super) fn attach_nodes(self) -> Result<BTreeMap<String, NodeAddresses>, engine::Error> {
        let scope = Scope::Network(self.plan.network.clone());
        let attach = |node: &PlannedNode| {
            let place = self.place(Part::Node(node.name.clone()));
            let host = self.ground.net.attach(place, scope.clone(), node.address);
            let host = host.map_err(|error| self.taken(error))?;
            let addresses = NodeAddresses::new(host, scope.clone(), node.pods);
            Ok((node.name.to_string(), addresses))
        };
        self.plan.nodes.iter().map(attach).collect()
    }

    fn taken(self, error: AddressTaken) -> engine::Error {
        self.refused(format_args!(
            "{error}; give clusters ranges that do not overlap"
        ))
    }

    /// The error that this cluster cannot be built.
    pub(super) fn refused(self, why: impl std::fmt::Display) -> engine::Error {
        engine::Error::Substrate {
            why: format!("cluster {}: {why}", self.name),
        }
    }
}
