//! Why a call goes as it does: the record of one real call, after what the client's control plane
//! knows of the clusters.
//!
//! Nothing is worked out a second time here: every line is what a station said when it decided.

use std::sync::Arc;

use istio::remote::rules::CLUSTER_ADDED;
use world::{ClusterName, Hop, Line, Observation, Place, Why};

use crate::{istiod::Debug, proxy::Proxy};

/// What is known of a client besides its call.
pub struct Standpoint<'a> {
    /// Its proxy; `None` if it has none.
    pub proxy: Option<Arc<Proxy>>,
    /// Every istiod that runs.
    pub istiods: &'a [Debug],
    /// Every cluster there is.
    pub clusters: &'a [ClusterName],
}

/// The numbered path of a call that was made with a thorough trail.
pub fn why(seen: Observation, standpoint: &Standpoint<'_>) -> Why {
    let mut lines = control_plane(standpoint);
    lines.extend(seen.hops.into_iter().map(line));
    Why {
        lines,
        outcome: seen.outcome,
    }
}

/// Who configures the client's proxy, and which clusters that istiod does not read.
fn control_plane(standpoint: &Standpoint<'_>) -> Vec<Line> {
    let Some(proxy) = &standpoint.proxy else {
        let text = "the client has no proxy: its connection leaves as the application opens it";
        return vec![plain(text.to_owned())];
    };
    let plane = proxy.control_plane();
    let Some(plane) = plane else {
        return vec![plain("the client's proxy was never configured".to_owned())];
    };
    let same = |istiod: &&Debug| {
        let snapshot = istiod.snapshot.as_ref();
        snapshot.is_some_and(|snapshot| Arc::ptr_eq(&snapshot.control_plane, &plane))
    };
    let Some(istiod) = standpoint.istiods.iter().find(same) else {
        let text = "the istiod that configured the client's proxy is gone: what it said last holds";
        return vec![plain(text.to_owned())];
    };
    let read = istiod.clusters.iter().map(|state| match &state.error {
        None if state.synced => state.cluster.to_string(),
        None => format!("{} (not read yet)", state.cluster),
        Some(error) => format!("{} (not synced: {error})", state.cluster),
    });
    let read: Vec<String> = read.collect();
    let name = &istiod.name;
    let version = &plane.version;
    let text = format!(
        "istiod {name} ({version}) configures the client's proxy and reads {}",
        read.join(", ")
    );
    let mut lines = vec![plain(text)];
    let missing = standpoint.clusters.iter().filter(|cluster| {
        let known = |state: &crate::istiod::SyncState| state.cluster.as_str() == cluster.as_str();
        !istiod.clusters.iter().any(known)
    });
    lines.extend(missing.map(|cluster| Line {
        text: format!(
            "{cluster}'s endpoints are unknown to istiod {name}: no remote secret for {cluster}"
        ),
        rule: Some(CLUSTER_ADDED),
    }));
    lines
}

fn line(hop: Hop) -> Line {
    let at = match &hop.at {
        Place::Cluster { cluster, who } => format!("{who}@{cluster}"),
        Place::Gateway { cluster, name } => format!("gateway {name}@{cluster}"),
        Place::Vm(vm) => format!("vm:{vm}"),
        Place::Network(network) => network.to_string(),
    };
    Line {
        text: format!("{at}: {hop}"),
        rule: hop.because,
    }
}

fn plain(text: String) -> Line {
    Line { text, rule: None }
}
