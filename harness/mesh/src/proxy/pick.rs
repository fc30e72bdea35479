//! What follows from a pick: where to connect to, and what a report says of it.

use std::net::SocketAddrV4;

use istio::{endpoint::Reached, routing::failure::WireCause};
use sim::program::Trail;

use super::{cluster::Picked, core::Proxy, evidence::note};

/// The address to connect to for a host that was picked.
pub(super) fn address_of(
    picked: &Picked,
    original: SocketAddrV4,
) -> Result<SocketAddrV4, WireCause> {
    if picked.policy.original_destination {
        return Ok(original);
    }
    let host = &picked.kept.host;
    // A host name that istiod did not resolve reaches nobody.
    let ip = host.address.parse().map_err(|_| WireCause::Unreachable)?;
    Ok(SocketAddrV4::new(ip, host.port))
}

/// Notes which host was picked and why.
pub(super) fn said(trail: &Trail, proxy: &Proxy, picked: &Picked) {
    let at = &proxy.about.at;
    let host = &picked.kept.host;
    let policy = &picked.policy;
    if let (Some(rule), because) = &policy.rule {
        note(
            trail,
            at,
            format!("DestinationRule {rule} is read"),
            because.clone(),
        );
    }
    let priority = picked.kept.priority;
    let place = format!("{}:{} has priority {priority}", host.address, host.port);
    note(trail, at, place, picked.ordered_by.clone());
    let what = match &host.reached {
        Reached::Directly(_) => "an endpoint".to_owned(),
        Reached::Through {
            network,
            stands_for,
            ..
        } => {
            let count = stands_for.len();
            format!("the gateway of {network} for {count} endpoints")
        }
    };
    let decided = format!("{}:{} is {what}", host.address, host.port);
    note(trail, at, decided, host.because.clone());
    let decided = format!(
        "{}:{} is picked among {} hosts",
        host.address, host.port, picked.among
    );
    note(trail, at, decided, picked.because.clone());
}
