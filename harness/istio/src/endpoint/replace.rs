//! Endpoints of other networks, replaced by the gateways that lead to them.

use std::sync::Arc;

use crate::{
    RuleId,
    endpoint::{
        Endpoint, Group, Host, LeftOut, Question, Reached,
        select::{ByLocality, Purpose},
        weight,
    },
    locality::LocalityLabel,
    network::{
        NetworkGateway, rules,
        split_horizon::{self, Path, Shares},
    },
};

/// Groups of hosts out of groups of endpoints, in the same order. A group may lose all its hosts
/// and stay.
pub(crate) fn across_networks(
    question: &Question<'_>,
    endpoints: &[Endpoint],
    candidates: ByLocality<'_>,
    left_out: &mut Vec<LeftOut>,
) -> Vec<Group> {
    let mut groups = Vec::with_capacity(candidates.len());
    for (locality, members) in candidates {
        let mut group = Building::default();
        for index in members {
            let endpoint = &endpoints[index as usize];
            if let Err(because) = group.add(question, (index, endpoint)) {
                left_out.push(LeftOut {
                    endpoint: index,
                    because,
                });
            }
        }
        groups.push(group.finish(locality.clone()));
    }
    groups
}

/// A group that is being put together.
#[derive(Default)]
struct Building<'a> {
    hosts: Vec<Arc<Host>>,
    shares: Shares<'a>,
}

impl<'a> Building<'a> {
    /// Adds an endpoint, or says by which rule it is left out.
    fn add(
        &mut self,
        question: &Question<'a>,
        (index, endpoint): (u32, &Endpoint),
    ) -> Result<(), RuleId> {
        let path = question.paths.to(&endpoint.network, &endpoint.cluster);
        let by_mtls = (question.by_mtls)(endpoint).value;
        let weight = split_horizon::scaled(endpoint.weight, question.paths.gateways());
        if question.purpose == Purpose::PassThrough && !by_mtls {
            return Err(rules::PASSTHROUGH_PLAINTEXT);
        }
        match &path.value {
            Path::None => Err(path.because.clone()),
            Path::Direct if endpoint.address.is_empty() => Err(rules::NO_ADDRESS),
            Path::Direct => {
                let because = path.because.clone();
                let host = Host::direct((index, endpoint), weight, by_mtls, because);
                self.hosts.push(Arc::new(host));
                Ok(())
            }
            Path::Gateways(_) if !by_mtls && question.paths.need_mtls() => Err(rules::PLAINTEXT),
            Path::Gateways(gateways) => {
                self.shares.add(gateways, weight, index);
                Ok(())
            }
        }
    }

    fn finish(mut self, locality: LocalityLabel) -> Group {
        let gateways = self.shares.into_gateways();
        self.hosts.extend(
            gateways.map(|(gateway, weight, stands_for)| {
                Arc::new(stand_in(gateway, weight, stands_for))
            }),
        );
        let weights = self.hosts.iter().map(|host| host.weight);
        Group {
            locality,
            priority: 0,
            weight: (!self.hosts.is_empty()).then(|| weight::of_group(weights)),
            hosts: self.hosts,
        }
    }
}

/// A gateway as a host: always healthy, because nothing asks after its health, and taking mutual
/// TLS on behalf of those behind it.
fn stand_in(gateway: &NetworkGateway, weight: u32, stands_for: Vec<u32>) -> Host {
    Host {
        address: gateway.address.clone(),
        port: if gateway.port != 0 {
            gateway.port
        } else {
            gateway.hbone_port
        },
        weight,
        healthy: true,
        mtls: true,
        reached: Reached::Through {
            network: gateway.network.clone(),
            cluster: gateway.cluster.clone(),
            stands_for,
        },
        because: rules::GATEWAY,
    }
}
