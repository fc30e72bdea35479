//! Which way a call took: the gateways that it passed.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use scenario::{Topology, draft::Via, topology::GatewayKind};
use world::{Answer, Client, ClusterName, Observation, Place, Text};

/// What kind of gateway each gateway is, and what is behind it. Clones share what is known.
#[derive(Debug, Clone, Default)]
pub struct Ways {
    kinds: Arc<BTreeMap<ClusterName, BTreeMap<String, Via>>>,
    /// Clusters that share their network with others.
    sharing: Arc<BTreeSet<ClusterName>>,
}

/// A gateway: its cluster and its name there.
type Gateway<'a> = (&'a ClusterName, &'a Text);

impl Ways {
    /// The gateways of a topology.
    pub fn of(topology: &Topology) -> Self {
        let mut kinds: BTreeMap<ClusterName, BTreeMap<String, Via>> = BTreeMap::new();
        for gateway in topology.gateways() {
            let kind = match gateway.kind {
                GatewayKind::EastWest => Via::EastWest,
                GatewayKind::Ingress => Via::Ingress,
                GatewayKind::Egress => Via::Egress,
            };
            let of_cluster = kinds.entry(gateway.cluster.clone()).or_default();
            of_cluster.insert(gateway.name.to_string(), kind);
        }
        let clusters = topology.substrate().clusters.keys();
        let shares = |cluster: &&ClusterName| {
            let mut others = topology.members().keys().filter(|other| other != cluster);
            others.any(|other| topology.network_of(other) == topology.network_of(cluster))
        };
        Self {
            kinds: Arc::new(kinds),
            sharing: Arc::new(clusters.filter(shares).cloned().collect()),
        }
    }

    /// Whether a call passed a gateway behind which there is more than one cluster.
    pub(crate) fn enters_shared_network(&self, observation: &Observation) -> bool {
        passed(observation).any(|(cluster, _)| self.sharing.contains(cluster))
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
        let mut kinds = passed(observation).map(|gateway| self.kind(gateway));
        let fits = match wanted {
            Via::Direct => kinds.next().is_none(),
            Via::EastWest if stays(observation, answer) => kinds.next().is_none(),
            Via::EastWest => {
                let first = kinds.next();
                first == Some(Some(wanted)) && kinds.all(|kind| kind == Some(wanted))
            }
            Via::Ingress | Via::Egress => kinds.any(|kind| kind == Some(wanted)),
        };
        (!fits).then(|| words(&passed(observation).collect()))
    }

    /// What kind of gateway it is; `None` if it is none of the topology.
    fn kind(&self, (cluster, name): Gateway<'_>) -> Option<Via> {
        self.kinds.get(cluster)?.get(&**name).copied()
    }
}

/// The gateways that a call passed on the way to its answer, once for each station there.
fn passed(observation: &Observation) -> impl Iterator<Item = Gateway<'_>> {
    let led = observation.hops.iter().filter(|hop| !hop.in_vain);
    led.filter_map(|hop| match &hop.at {
        Place::Gateway { cluster, name } => Some((cluster, name)),
        Place::Cluster { .. } | Place::Vm(_) | Place::Network(_) => None,
    })
}

/// Whether a pod was answered by its own cluster.
fn stays(observation: &Observation, answer: &Answer) -> bool {
    match &observation.call.from {
        Client::Pod { cluster, .. } => answer.cluster.as_ref() == Some(cluster),
        Client::Vm(_) | Client::Outside => false,
    }
}

fn words(passed: &BTreeSet<Gateway<'_>>) -> String {
    let names: Vec<String> = passed
        .iter()
        .map(|(cluster, name)| format!("{name} of {cluster}"))
        .collect();
    match names.is_empty() {
        true => "a call went from pod to pod, through no gateway".to_owned(),
        false => format!("a call went through {}", names.join(" and ")),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use world::{Call, Connection, Hop, Outcome, Protocol, Sentence, Target};

    use super::*;

    fn answered(by_gateway_in_vain: bool) -> (Observation, Answer) {
        let answer = Answer::default();
        let observation = Observation {
            call: Arc::new(Call {
                from: Client::Outside,
                to: Target {
                    host: "helloworld.sample".into(),
                    port: 5000,
                },
                protocol: Protocol::get("/hello"),
                connection: Connection::Fresh,
                timeout: Duration::from_secs(5),
            }),
            at: Duration::ZERO,
            took: Duration::ZERO,
            outcome: Outcome::Answered(answer.clone()),
            hops: vec![Hop {
                at: Place::Gateway {
                    cluster: ClusterName::new("cluster2").expect("it is a name"),
                    name: "istio-eastwestgateway".into(),
                },
                decided: Sentence::new("passed through"),
                because: None,
                in_vain: by_gateway_in_vain,
            }],
        };
        (observation, answer)
    }

    #[test]
    fn a_gateway_that_was_tried_in_vain_was_not_on_the_way_of_the_answer() {
        let differs = |in_vain| {
            let (observation, answer) = answered(in_vain);
            Ways::default().differs(Via::Direct, &observation, &answer)
        };
        assert_eq!(differs(true), None);
        let passed = "a call went through istio-eastwestgateway of cluster2";
        assert_eq!(differs(false).as_deref(), Some(passed));
    }
}
