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
    let mut images = Images::new();
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
            .awaits(Form::Objects)
            .iter()
            .for_each(|awaited| line(&mut text, "waits until", awaited));
    }
    images.write(&mut text);
    Ok(text)
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

/// The images of every pod template, per cluster.
struct Images(BTreeMap<ClusterName, BTreeSet<String>>);

impl Images {
    fn new() -> Self {
        Self(BTreeMap::new())
    }

    fn see(&mut self, objects: &[Placed]) {
        for placed in objects {
            let spec = placed.object.value().pointer("/spec/template/spec");
            let containers = ["initContainers", "containers"]
                .into_iter()
                .filter_map(|key| spec?.get(key)?.as_array());
            let images = containers
                .flatten()
                .filter_map(|container| container.get("image").and_then(Value::as_str));
            let seen = self.0.entry(placed.cluster.clone()).or_default();
            seen.extend(images.filter(|image| *image != "auto").map(str::to_owned));
        }
    }

    fn write(&self, text: &mut String) {
        text.push_str("\nimages\n");
        for (cluster, images) in self.0.iter().filter(|(_, images)| !images.is_empty()) {
            let images: Vec<&str> = images.iter().map(String::as_str).collect();
            let _ = writeln!(text, "  {cluster:<24} {}", images.join(", "));
        }
    }
}
