//! The names that a proxy answers for itself where it captures DNS: the services it sees, under
//! the names its workload may call them by.

use std::{net::Ipv4Addr, sync::Arc};

use istio::{
    dns::headless::{Headless, Pod},
    endpoint::Endpoint,
    service::vip::{AddressView, addresses},
    version::{Flag, mechanism::HeadlessNames},
};
use sim::net::dns::{Names, Source};

use super::{core::Proxy, view::View};
use crate::snapshot::{Resolution, Service};

/// Answers the queries of a proxy's host.
pub(super) struct Captured(pub(super) Arc<Proxy>);

impl Names for Captured {
    fn look_up(&self, name: &str) -> Option<Vec<Ipv4Addr>> {
        let view = self.0.view()?;
        let service = view.by_name(name)?;
        let found = match service.resolution {
            Resolution::Passthrough => endpoints(&view, service),
            Resolution::ClientSide
            | Resolution::Dns
            | Resolution::DnsRoundRobin
            | Resolution::Alias(_) => addresses(&service.addresses, &of_proxy(&view)).value,
        };
        let found: Vec<Ipv4Addr> = found.iter().filter_map(|text| text.parse().ok()).collect();
        // A service without an address is left to the DNS that would have been asked.
        (!found.is_empty()).then_some(found)
    }

    fn source(&self) -> Option<Source> {
        let view = self.0.view()?;
        Some(view)
    }
}

fn of_proxy(view: &View) -> AddressView {
    AddressView {
        cluster: view.push.client.cluster.clone(),
        families: view.push.client.families,
        captures_dns: true,
        dual_stack: false,
    }
}

/// The addresses of a headless service.
fn endpoints(view: &View, service: &Service) -> Vec<String> {
    let client = &view.push.client;
    let snapshot = view.snapshot();
    let known = snapshot.endpoints.of(&service.host);
    let listed = |endpoint: &&Endpoint| match snapshot.control_plane.mechanisms.headless_names.value
    {
        HeadlessNames::FirstPort => {
            let first = service.ports.first();
            first.is_some_and(|port| port.name == endpoint.port_name)
        }
        HeadlessNames::EveryPort => true,
    };
    let pods: Vec<Pod> = known
        .iter()
        .flat_map(|known| known.endpoints.iter())
        .filter(listed)
        .map(|endpoint| Pod {
            ip: endpoint.address.to_string(),
            name: None,
            network: endpoint.network.clone(),
            cluster: endpoint.cluster.clone(),
            health: endpoint.health,
        })
        .collect();
    let headless = Headless {
        network: &client.network,
        cluster: &client.cluster,
        publish_not_ready: service.publish_not_ready,
        multicluster: snapshot
            .control_plane
            .flags
            .is_on(Flag::MulticlusterHeadless),
    };
    headless.addresses(&pods).value
}
