//! What an installation of a topology would do, as text: roles, addresses, stages with their
//! objects, and the images that would run.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use manifest::{Form, ManifestError, Placed, assumed, stages};
use scenario::Topology;
use serde_json::Value;
use world::ClusterName;

use crate::graph::diagram::role_words;

/// When planned certificates are made: plans of one topology are the same text on every day.
const PLANNED_AT: &str = "2026-01-01T00:00:00Z";
/// The seed of planned keys.
const PLANNED_SEED: u64 = 0;

/// Renders the plan of a topology.
///
/// # Errors
/// If an object cannot be rendered.
pub fn plan(topology: &Topology) -> Result<String, ManifestError> {
    let now = PLANNED_AT.parse().expect("a constant timestamp");
    let facts = assumed(topology, pki::Seed::new(PLANNED_SEED), now)?;
    let mut text = format!("topology {}\n", topology.name());
    roles(&mut text, topology);
    addresses(&mut text, topology);
    let mut images = Images::default();
    for stage in stages(topology) {
        let objects = stage.render(&facts, Form::Objects)?;
        images.see(&objects);
        let _ = writeln!(text, "\nstage {}", stage.name());
        stage
            .needs()
            .iter()
            .for_each(|need| line(&mut text, "needs", need));
        by_cluster(&mut text, &objects);
        stage
            .awaits()
            .iter()
            .for_each(|awaited| line(&mut text, "waits until", awaited));
    }
    images.write(&mut text);
    Ok(text)
}

/// Every image that an installation of a topology would run.
///
/// # Errors
/// If an object cannot be rendered.
pub fn images(topology: &Topology) -> Result<BTreeSet<String>, ManifestError> {
    let now = PLANNED_AT.parse().expect("a constant timestamp");
    let facts = assumed(topology, pki::Seed::new(PLANNED_SEED), now)?;
    let mut images = Images::default();
    for stage in stages(topology) {
        images.see(&stage.render(&facts, Form::Objects)?);
    }
    let clusters = images.written.keys();
    Ok(clusters.flat_map(|cluster| images.of(cluster)).collect())
}

fn line(text: &mut String, verb: &str, what: &dyn std::fmt::Display) {
    let _ = writeln!(text, "  {verb} {what}");
}

fn roles(text: &mut String, topology: &Topology) {
    text.push_str("\nroles\n");
    for (name, member) in topology.members() {
        let mesh = member
            .mesh
            .as_ref()
            .map(|mesh| format!(" in {mesh}"))
            .unwrap_or_default();
        let _ = writeln!(text, "  {name:<24} {}{mesh}", role_words(&member.role));
        for gateway in topology
            .gateways()
            .iter()
            .filter(|gateway| gateway.cluster == *name)
        {
            let ports: Vec<String> = gateway.ports.iter().map(u16::to_string).collect();
            let _ = writeln!(
                text,
                "  {:<24} gateway {} on {}",
                "",
                gateway.name,
                ports.join(", ")
            );
        }
    }
    for secret in topology.remote_secrets() {
        let _ = writeln!(text, "  {:<24} watches {}", secret.stored_in, secret.of);
    }
}

fn addresses(text: &mut String, topology: &Topology) {
    let header = [
        "cluster",
        "network",
        "nodes",
        "pods",
        "services",
        "load balancers",
    ];
    let mut rows = vec![header.map(str::to_owned)];
    for (name, cluster) in &topology.substrate().clusters {
        rows.push([
            name.to_string(),
            cluster.network.to_string(),
            cluster.nodes.len().to_string(),
            cluster.pods.to_string(),
            cluster.services.to_string(),
            cluster.load_balancers.to_string(),
        ]);
    }
    text.push_str("\naddresses\n");
    table(text, &rows);
    for (name, vm) in &topology.substrate().vms {
        let _ = writeln!(text, "  VM {name} at {} in {}", vm.address, vm.network);
    }
}

fn table<const N: usize>(text: &mut String, rows: &[[String; N]]) {
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
    for row in rows {
        let cells: Vec<String> = row
            .iter()
            .enumerate()
            .map(|(i, cell)| format!("{cell:<width$}", width = width(i)))
            .collect();
        let _ = writeln!(text, "  {}", cells.join("  ").trim_end());
    }
}

fn by_cluster(text: &mut String, objects: &[Placed]) {
    let mut clusters: BTreeMap<&ClusterName, Vec<String>> = BTreeMap::new();
    for placed in objects {
        clusters
            .entry(&placed.cluster)
            .or_default()
            .push(placed.object.identity().to_string());
    }
    for (cluster, objects) in clusters {
        let _ = writeln!(text, "  {cluster} ({} objects)", objects.len());
        objects.iter().for_each(|object| {
            let _ = writeln!(text, "    {object}");
        });
    }
}

/// The images of every pod, per cluster. Pods that are injected leave theirs to the injector, which
/// takes it from its own values.
#[derive(Default)]
struct Images {
    written: BTreeMap<ClusterName, BTreeSet<String>>,
    /// What each cluster's injector fills in.
    injected: BTreeMap<ClusterName, BTreeSet<String>>,
}

/// What a pod template says that leaves its image to the injector.
const AUTO: &str = "auto";

impl Images {
    fn see(&mut self, objects: &[Placed]) {
        for Placed { cluster, object } in objects {
            let spec = object.value().pointer("/spec/template/spec");
            let lists = ["initContainers", "containers"].into_iter();
            let containers = lists.filter_map(|key| spec?.get(key)?.as_array()).flatten();
            let images = containers.filter_map(|container| container.get("image")?.as_str());
            self.written
                .entry(cluster.clone())
                .or_default()
                .extend(images.map(str::to_owned));
            self.injected
                .entry(cluster.clone())
                .or_default()
                .extend(injected(object.value()));
        }
    }

    fn write(&self, text: &mut String) {
        text.push_str("\nimages\n");
        for (cluster, _) in self.written.iter().filter(|(_, images)| !images.is_empty()) {
            let _ = writeln!(text, "  {cluster:<24} {}", self.of(cluster).join(", "));
        }
    }

    /// Those of one cluster: its own, and what is filled in where it leaves that to the injector.
    fn of(&self, cluster: &ClusterName) -> Vec<String> {
        let written = &self.written[cluster];
        let own = written.iter().filter(|image| *image != AUTO).cloned();
        let filled_in = if written.contains(AUTO) {
            self.filled_in(cluster)
        } else {
            BTreeSet::new()
        };
        own.chain(filled_in).collect()
    }

    /// What a cluster's own injector fills in, or where it has none, those that serve it.
    fn filled_in(&self, cluster: &ClusterName) -> BTreeSet<String> {
        let own = self
            .injected
            .get(cluster)
            .filter(|images| !images.is_empty());
        own.cloned()
            .unwrap_or_else(|| self.injected.values().flatten().cloned().collect())
    }
}

/// The proxy's image in an injector's values.
fn injected(object: &Value) -> Option<String> {
    let values: Value = serde_json::from_str(object.pointer("/data/values")?.as_str()?).ok()?;
    let global = values.get("global")?;
    let text = |pointer: &str| global.pointer(pointer).and_then(Value::as_str);
    let image = text("/proxy/image").unwrap_or("proxyv2");
    Some(format!("{}/{image}:{}", text("/hub")?, text("/tag")?))
}
