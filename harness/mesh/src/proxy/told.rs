//! What a proxy says of all endpoints of a service when a call is to be explained.

use istio::{
    RuleId,
    endpoint::{Endpoint, Host, Reached},
    network::rules::NO_GATEWAY,
};
use sim::program::Trail;

use super::{cluster::Cluster, core::Proxy, evidence::note, view::View};

/// Notes as which host each endpoint is used and why others are left out, if that is asked for.
pub(super) fn told(trail: &Trail, proxy: &Proxy, view: &View, cluster: &Cluster) {
    let (Some(selection), Some(policy)) = (cluster.selection(), cluster.policy()) else {
        return;
    };
    if !trail.is_thorough() {
        return;
    }
    let host = &policy.service.host;
    let known = view.snapshot().endpoints.of(host);
    let all = known.map_or(&[][..], |known| &known.endpoints);
    let at = &proxy.about.at;
    if all.is_empty() {
        let said = format!("no endpoint of {host} is known in any cluster");
        note(trail, at, said, istio::endpoint::rules::PORT_NAME);
    }
    for group in &selection.groups {
        for host in &group.hosts {
            note(
                trail,
                at,
                used(all, host, group.priority),
                host.because.clone(),
            );
        }
    }
    for left in &selection.left_out {
        let Some(endpoint) = of(all, left.endpoint) else {
            continue;
        };
        note(trail, at, left_out(endpoint), left.because.clone());
    }
}

fn used(all: &[Endpoint], host: &Host, priority: u32) -> String {
    let place = match &host.reached {
        Reached::Directly(index) => of(all, *index).map(place).unwrap_or_default(),
        Reached::Through {
            network,
            stands_for,
            ..
        } => {
            let behind: Vec<String> = stands_for
                .iter()
                .filter_map(|index| of(all, *index).map(|e| format!("{} {}", address(e), place(e))))
                .collect();
            format!("the gateway of {network} for {}", behind.join(", "))
        }
    };
    let health = if host.healthy { "" } else { ", unhealthy" };
    let way = without_gateway(&host.because);
    let (address, port) = (&host.address, host.port);
    format!("{address}:{port}, {place}: priority {priority}{health}{way}")
}

/// What is missing where an endpoint of another network is called by its own address.
fn without_gateway(because: &RuleId) -> &'static str {
    match *because == NO_GATEWAY {
        true => "; no gateway to its network is known, so it is called by its own address",
        false => "",
    }
}

fn left_out(endpoint: &Endpoint) -> String {
    format!("{}, {}: left out", address(endpoint), place(endpoint))
}

fn address(endpoint: &Endpoint) -> String {
    format!("{}:{}", endpoint.address, endpoint.port)
}

fn place(endpoint: &Endpoint) -> String {
    match endpoint.network.as_str() {
        "" => format!("in {}", endpoint.cluster),
        network => format!("in {} on {network}", endpoint.cluster),
    }
}

fn of(all: &[Endpoint], index: u32) -> Option<&Endpoint> {
    all.get(usize::try_from(index).ok()?)
}
