//! What stands on this daemon, as its labels tell: no file is kept anywhere, so none can be wrong.

use std::collections::BTreeMap;

use jiff::Timestamp;
use kube::config::Kubeconfig;

use crate::{
    Error, Result,
    docker::{Docker, Found},
    kept::Kept,
    label::{CLUSTER, KIND_CLUSTER, KIND_ROLE, Owner, RUN},
    lease::{Claim, Process},
    standing,
};

/// The clusters of one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fleet {
    /// The run's name.
    pub run: String,
    /// Who made it; `None` if another version of isthmus did, whose labels are not read here.
    pub owner: Option<Owner>,
    /// Until when it is kept, if it is to outlive the process that made it.
    pub kept: Option<Timestamp>,
    /// Its clusters by declared name.
    pub clusters: BTreeMap<String, Vec<Node>>,
}

/// A node's container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The container's name.
    pub name: String,
    /// The container's id.
    pub(crate) id: String,
    /// The cluster's name on this host.
    pub(crate) cluster: String,
    /// Whether it runs.
    pub running: bool,
    control_plane: bool,
}

impl Fleet {
    /// Whether anybody still needs it.
    pub fn claim(&self, now: Timestamp) -> Option<Claim> {
        match (self.kept, &self.owner) {
            (Some(until), _) if now < until => Some(Claim::Held),
            (Some(_), _) => Some(Claim::Expired),
            (None, owner) => Some(owner.as_ref()?.lease.claim(now, &Process::this())),
        }
    }

    /// Until when it may stay.
    pub fn until(&self) -> Option<Timestamp> {
        self.kept.or_else(|| Some(self.owner.as_ref()?.lease.until))
    }

    /// Whether every node runs.
    pub fn is_running(&self) -> bool {
        self.clusters.values().flatten().all(|node| node.running)
    }

    fn control_plane(&self, cluster: &str) -> Result<&Node> {
        let nodes = self.clusters.get(cluster).ok_or_else(|| Error::NotThere {
            what: format!("run {} has no cluster {cluster}", self.run),
        })?;
        let node = nodes.iter().find(|node| node.control_plane);
        node.ok_or_else(|| Error::NotThere {
            what: format!("the control plane of {cluster} in run {} is gone", self.run),
        })
    }
}

/// Every run on the daemon, by name.
///
/// # Errors
/// What the daemon met.
pub async fn list() -> Result<Vec<Fleet>> {
    all(&Docker::connect().await?).await
}

/// The run of this name.
///
/// # Errors
/// [`Error::NotThere`], or what the daemon met.
pub async fn one(run: &str) -> Result<Fleet> {
    of_run(&Docker::connect().await?, run).await
}

pub(crate) async fn of_run(docker: &Docker, run: &str) -> Result<Fleet> {
    let fleets = all(docker).await?;
    let found = fleets.into_iter().find(|fleet| fleet.run == run);
    found.ok_or_else(|| Error::NotThere {
        what: format!("there is no run called {run}"),
    })
}

pub(crate) async fn all(docker: &Docker) -> Result<Vec<Fleet>> {
    let networks = docker.networks(&[RUN.to_owned()]).await?;
    let containers = docker.containers(&[RUN.to_owned()]).await?;
    let kept = Kept::look(docker).await?;
    let mut fleets: BTreeMap<String, Fleet> = BTreeMap::new();
    let labels = networks.iter().map(|network| &network.labels);
    for labels in labels.chain(containers.iter().map(|found| &found.labels)) {
        if let Some(run) = labels.get(RUN) {
            fleets.entry(run.clone()).or_insert_with(|| Fleet {
                run: run.clone(),
                owner: Owner::of(labels),
                kept: kept.until(run),
                clusters: BTreeMap::new(),
            });
        }
    }
    for found in containers {
        add(&mut fleets, found);
    }
    Ok(fleets.into_values().collect())
}

/// Puts a container that is a node where it belongs.
fn add(fleets: &mut BTreeMap<String, Fleet>, found: Found) {
    let label = |key| found.labels.get(key).cloned();
    let (Some(run), Some(cluster), Some(host)) = (label(RUN), label(CLUSTER), label(KIND_CLUSTER))
    else {
        return;
    };
    let control_plane = label(KIND_ROLE).is_some_and(|role| role == "control-plane");
    if let Some(fleet) = fleets.get_mut(&run) {
        fleet.clusters.entry(cluster).or_default().push(Node {
            name: found.name,
            id: found.id,
            cluster: host,
            running: found.running,
            control_plane,
        });
    }
}

/// One kubeconfig with a context per cluster, called `kind-<run>-<cluster>` as kind would call it. The
/// first cluster, or the one asked for, is current.
///
/// # Errors
/// [`Error::NotThere`], or what the daemon met.
pub async fn kubeconfig(fleet: &Fleet, only: Option<&str>) -> Result<Kubeconfig> {
    let docker = Docker::connect().await?;
    let mut merged: Option<Kubeconfig> = None;
    let wanted = |name: &&String| only.is_none_or(|only| only == name.as_str());
    if let Some(only) = only {
        fleet.control_plane(only)?;
    }
    for cluster in fleet.clusters.keys().filter(wanted) {
        let node = fleet.control_plane(cluster)?;
        let one = standing::credentials(&docker, &node.id, &node.cluster).await?;
        merged = Some(match merged {
            None => one,
            Some(before) => before.merge(one).map_err(|error| Error::Unusable {
                what: "kubeconfig",
                node: node.name.clone(),
                why: error.to_string(),
            })?,
        });
    }
    merged.ok_or_else(|| Error::NotThere {
        what: format!("run {} has no clusters", fleet.run),
    })
}

/// What every node has written, by relative path: its console, its journal, its pods.
///
/// # Errors
/// What the daemon met. What a single node refuses is a file of its own, so that the rest is had.
pub async fn logs(fleet: &Fleet) -> Result<BTreeMap<String, String>> {
    let docker = Docker::connect().await?;
    let mut files = BTreeMap::new();
    for node in fleet.clusters.values().flatten() {
        let console = docker.log_tail(&node.id, CONSOLE_LINES).await;
        files.insert(format!("{}/console.log", node.name), text(console));
        for (name, command) in LOGS {
            let said = docker.must(&node.id, &["sh", "-c", command], None).await;
            files.insert(format!("{}/{name}", node.name), text(said));
        }
    }
    Ok(files)
}

const CONSOLE_LINES: usize = 10_000;

const LOGS: [(&str, &str); 4] = [
    ("kubelet.log", "journalctl --no-pager -u kubelet"),
    ("containerd.log", "journalctl --no-pager -u containerd"),
    ("balancer.log", "journalctl --no-pager -u 'isthmus-*'"),
    (
        "pods.log",
        "for f in /var/log/pods/*/*/*.log; do echo \"== $f\"; cat \"$f\"; done",
    ),
];

fn text(had: Result<String>) -> String {
    had.unwrap_or_else(|error| format!("{error}\n"))
}
