//! Which way a call took: the gateways that it passed.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use scenario::{Topology, draft::Via, topology::GatewayKind};
use world::{Answer, Client, ClusterName, Observation, Place};

/// What kind of gateway each gateway is, and what is behind it. Clones share what is known.
#[derive(Debug, Clone, Default)]
pub struct Ways {
    kinds: Arc<BTreeMap<Gateway, Via>>,
    /// Clusters that share their network with others.
    sharing: Arc<BTreeSet<ClusterName>>,
}

/// A gateway: its cluster and its name there.
type Gateway = (ClusterName, String);

impl Ways {
    /// The gateways of a topology.
    pub fn of(topology: &Topology) -> Self {
        let kinds = topology.gateways().iter().map(|gateway| {
            let kind = match gateway.kind {
                GatewayKind::EastWest => Via::EastWest,
                GatewayKind::Ingress => Via::Ingress,
                GatewayKind::Egress => Via::Egress,
            };
            ((gateway.cluster.clone(), gateway.name.to_string()), kind)
        });
        let clusters = topology.substrate().clusters.keys();
        let shares = |cluster: &&ClusterName| {
            let mut others = topology.members().keys().filter(|other| other != cluster);
            others.any(|other| topology.network_of(other) == topology.network_of(cluster))
        };
        Self {
            kinds: Arc::new(kinds.collect()),
            sharing: Arc::new(clusters.filter(shares).cloned().collect()),
        }
    }

    /// Whether a call passed a gateway behind which there is more than one cluster.
    pub(crate) fn enters_shared_network(&self, observation: &Observation) -> bool {
        let mut passed = self.passed(observation).into_keys();
        passed.any(|(cluster, _)| self.sharing.contains(&cluster))
    }

    /// In which way a call went another way than it should; `None` if it did not.
    ///
    /// What the client's own cluster answers leaves the cluster over no gateway, whatever takes
    /// calls to other clusters there.
    pub(crate) fn differs(
        &self,
        wanted: Via,
        observation: &Observation,
        answer: &Answer,
    ) -> Option<String> {
        let passed = self.passed(observation);
        let kinds: BTreeSet<Via> = passed.values().copied().flatten().collect();
        let known = passed.values().all(Option::is_some);
        let fits = match wanted {
            Via::Direct => passed.is_empty(),
            Via::EastWest if stays(observation, answer) => passed.is_empty(),
            Via::EastWest => known && kinds == BTreeSet::from([Via::EastWest]),
            Via::Ingress | Via::Egress => kinds.contains(&wanted),
        };
        (!fits).then(|| words(&passed))
    }

    /// The gateways that a call passed, each with its kind if it is one of the topology.
    fn passed(&self, observation: &Observation) -> BTreeMap<Gateway, Option<Via>> {
        let gateways = observation.hops.iter().filter_map(|hop| match &hop.at {
            Place::Gateway { cluster, name } => Some((cluster.clone(), name.clone())),
            Place::Cluster { .. } | Place::Vm(_) | Place::Network(_) => None,
        });
        gateways
            .map(|gateway| {
                let kind = self.kinds.get(&gateway).copied();
                (gateway, kind)
            })
            .collect()
    }
}

/// Whether a pod was answered by its own cluster.
fn stays(observation: &Observation, answer: &Answer) -> bool {
    match &observation.call.from {
        Client::Pod { cluster, .. } => answer.cluster.as_ref() == Some(cluster),
        Client::Vm(_) | Client::Outside => false,
    }
}

fn words(passed: &BTreeMap<Gateway, Option<Via>>) -> String {
    let names: Vec<String> = passed
        .keys()
        .map(|(cluster, name)| format!("{name} of {cluster}"))
        .collect();
    match names.is_empty() {
        true => "a call went from pod to pod, through no gateway".to_owned(),
        false => format!("a call went through {}", names.join(" and ")),
    }
}
