//! What follows from a pick: where to connect to, and what a report says of it.

use std::{fmt, net::SocketAddrV4, sync::Arc};

use istio::{endpoint::Reached, envoy::assignment::Kept, routing::failure::WireCause};
use sim::program::Trail;
use world::Words;

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
    if let (Some(_), because) = &picked.policy.rule {
        let policy = Arc::clone(&picked.policy);
        let read = fmt::from_fn(move |f| {
            let rule = policy.rule.0.as_deref().unwrap_or_default();
            write!(f, "DestinationRule {rule} is read")
        });
        note(trail, at, read, because.clone());
    }
    let kept = || Arc::clone(&picked.kept);
    note(trail, at, has_priority(kept()), picked.ordered_by.clone());
    note(trail, at, is_a(kept()), picked.kept.host.because.clone());
    let among = picked.among;
    note(trail, at, is_picked(kept(), among), picked.because.clone());
}

fn has_priority(kept: Arc<Kept>) -> impl Words {
    fmt::from_fn(move |f| {
        let host = &kept.host;
        let priority = kept.priority;
        write!(f, "{}:{} has priority {priority}", host.address, host.port)
    })
}

fn is_a(kept: Arc<Kept>) -> impl Words {
    fmt::from_fn(move |f| {
        let host = &kept.host;
        write!(f, "{}:{} is ", host.address, host.port)?;
        match &host.reached {
            Reached::Directly(_) => f.write_str("an endpoint"),
            Reached::Through {
                network,
                stands_for,
                ..
            } => {
                let count = stands_for.len();
                write!(f, "the gateway of {network} for {count} endpoints")
            }
        }
    })
}

fn is_picked(kept: Arc<Kept>, among: usize) -> impl Words {
    fmt::from_fn(move |f| {
        let host = &kept.host;
        write!(
            f,
            "{}:{} is picked among {among} hosts",
            host.address, host.port
        )
    })
}
