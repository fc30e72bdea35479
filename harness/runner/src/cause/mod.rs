//! What is missing behind a failure: what proxies and control planes say when a check has failed.

mod end;
mod pods;
mod port_name;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use engine::Batch;
use judge::Verdict;
use scenario::{
    Topology,
    scenario::{Calls, Destination},
};
use world::{Client, ClusterName, ControlPlane, KnownEndpoints, Told};

use crate::{check, running::Running, target};

/// Adds to a failed verdict what is missing behind it, if the engine can be asked.
pub(crate) async fn add(running: &Running<'_>, calls: &Calls, verdict: Verdict) -> Verdict {
    match of_calls(running, calls).await {
        Some(cause) => with(verdict, &cause),
        None => verdict,
    }
}

/// The same for an installation that did not become ready.
pub(crate) async fn add_to_installation(running: &Running<'_>, verdict: Verdict) -> Verdict {
    let clusters: Vec<ClusterName> = running.site.topology.members().keys().cloned().collect();
    let verdict = match check::synced(running, &clusters).await {
        Ok(synced) if check::is_bad(synced.outcome) => with(verdict, &synced.observed),
        Ok(_) | Err(_) => verdict,
    };
    match pods::not_ready(running).await {
        Some(said) => with(verdict, &said),
        None => verdict,
    }
}

fn with(verdict: Verdict, cause: &str) -> Verdict {
    let observed = format!("{}; {cause}", verdict.observed);
    Verdict {
        observed,
        ..verdict
    }
}

/// What is missing for the first client for which anything is.
async fn of_calls(running: &Running<'_>, calls: &Calls) -> Option<String> {
    let Destination::Host { host, .. } = &calls.to else {
        return None;
    };
    let mesh = running.site.environment.mesh().ok()?;
    let planes = check::control_planes(running).await.ok()?;
    let port = calls.to.port();
    let serving = serving(running, host);
    let port_names = port_name::in_clusters(running, &serving, host, port).await;
    for client in &calls.from {
        let known = mesh.endpoints(client, host, port).await.ok()?;
        let asked = Asked {
            topology: running.site.topology,
            client,
            target: format!("{host}:{port}"),
            serving: serving.clone(),
            port_names: port_names.clone(),
        };
        if let Some(cause) = asked.missing(&known, &planes) {
            return Some(cause);
        }
    }
    broken_off(running, calls).await
}

/// How often a client calls once more to see where calls end: proxies try again elsewhere, so that an
/// answer may hide a host that cannot be reached.
const MORE: usize = 10;

/// Where a call, or a try of one that was answered in the end, was broken off.
async fn broken_off(running: &Running<'_>, calls: &Calls) -> Option<String> {
    for call in target::calls(&running.site, calls).await.ok()? {
        let batch = Batch::repeated(Arc::clone(&call), MORE);
        let seen = running.site.environment.prober().ask(batch).await.ok()?;
        if let Some(cause) = seen.iter().find_map(|one| end::of_a_try(&one.hops)) {
            return Some(format!("a try of {} ends: {cause}", call.from));
        }
    }
    None
}

/// The clusters in which pods of the called workload are declared.
fn serving(running: &Running<'_>, host: &str) -> BTreeSet<ClusterName> {
    let workloads = running.scenario.workloads().values();
    let called = workloads.filter(|workload| workload.is_called(host));
    called
        .flat_map(|workload| workload.places.keys().cloned())
        .collect()
}

/// A call that failed.
struct Asked<'a> {
    topology: &'a Topology,
    client: &'a Client,
    target: String,
    serving: BTreeSet<ClusterName>,
    /// What the Service calls the port, where it has one.
    port_names: BTreeMap<ClusterName, String>,
}

impl Asked<'_> {
    fn missing(&self, known: &KnownEndpoints, planes: &[ControlPlane]) -> Option<String> {
        let Self { client, target, .. } = self;
        match known {
            KnownEndpoints::NoProxy => {
                Some(format!("{client} has no sidecar that was told anything"))
            }
            KnownEndpoints::NoService => Some(format!("the proxy of {client} sees no {target}")),
            KnownEndpoints::Told(told) => {
                let unknown = self
                    .serving
                    .iter()
                    .find(|c| !told.behind.contains_key(c.as_str()));
                match unknown {
                    Some(cluster) => Some(self.unknown(cluster, told, planes)),
                    None => self.unreached(told),
                }
            }
        }
    }

    /// Why the proxy knows no endpoint in a cluster that should have some.
    fn unknown(&self, cluster: &ClusterName, told: &Told, planes: &[ControlPlane]) -> String {
        let Self { client, target, .. } = self;
        let mut left_out = told.left_out.iter();
        if let Some(left) = left_out.find(|left| left.cluster == cluster.as_str()) {
            let because = &left.because;
            return format!(
                "{cluster}'s endpoint {} is kept from {client} by {because}",
                left.address
            );
        }
        let what = format!("the endpoints of {target} in {cluster} are unknown to {client}");
        let why = self.not_read(cluster, planes);
        match why.or_else(|| port_name::differs(cluster, &self.port_names)) {
            Some(why) => format!("{what}: {why}"),
            None => {
                format!("{what}, although istiod reads {cluster}: no ready pod is behind it there")
            }
        }
    }

    /// Why the control plane of the client has not read a cluster.
    fn not_read(&self, cluster: &ClusterName, planes: &[ControlPlane]) -> Option<String> {
        let sources = match self.client {
            Client::Pod { cluster, .. } => self.topology.member(cluster)?.role.sources(),
            Client::Vm(vm) => {
                let by = &self.topology.vms().get(vm)?.onboarded_by;
                self.topology.member(by)?.role.sources()
            }
            Client::Outside => return None,
        };
        let told_by: Vec<_> = planes
            .iter()
            .filter(|one| sources.contains(&one.cluster))
            .collect();
        if told_by.is_empty() {
            return Some("no istiod that could tell of them runs".to_owned());
        }
        told_by.iter().find_map(|plane| {
            let mut reads = plane.reads.iter();
            let who = format!("{} of {}", plane.pod, plane.cluster);
            match reads.find(|read| read.cluster == cluster.as_str()) {
                None => Some(format!("{who} has no remote secret for {cluster}")),
                Some(read) if !read.synced => {
                    let why = read.trouble.as_deref().unwrap_or("it is not read yet");
                    Some(format!("{who} has not read {cluster}: {why}"))
                }
                Some(_) => None,
            }
        })
    }

    /// Which endpoints are tried without the gateway that leads to them.
    fn unreached(&self, told: &Told) -> Option<String> {
        let Client::Pod { cluster, .. } = self.client else {
            return None;
        };
        let own = self.topology.network_of(cluster)?;
        told.hosts.iter().find_map(|host| {
            let there = ClusterName::new(host.cluster.as_str()).ok()?;
            let network = self.topology.network_of(&there)?;
            (host.gateway_of.is_none() && network != own).then(|| {
                format!(
                    "{} of {there} is tried directly from {own}: istiod knows no gateway into {network} \
                     or takes the endpoint for one of {own}",
                    host.address
                )
            })
        })
    }
}
