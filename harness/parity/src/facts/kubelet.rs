//! The kubelet's part, played by hand: no bench has one, so facts bind pods and write their status.

use anyhow::Result;
use serde_json::{Value, json};

use crate::Bench;
use crate::claim::Claims;

/// Creates a node of the fact's own in a zone, and gives its name.
pub(super) async fn node(bench: &Bench) -> Result<String> {
    let name = bench.unique("node");
    let labels = json!({"kubernetes.io/hostname": name, "topology.kubernetes.io/zone": "zone-a",
        "topology.kubernetes.io/region": "region-a"});
    let node = json!({"metadata": {"name": name, "labels": labels}});
    let answer = bench.post("/api/v1/nodes", &node).await?;
    if answer.code != 409 {
        answer.ok(201)?;
    }
    Ok(name)
}

/// Binds the pod to the fact's node unless it is bound, and lets it run under this address.
pub(super) async fn run(bench: &Bench, pod: &str, address: &str, ready: bool) -> Result<()> {
    let path = format!("pods/{pod}");
    if bench.get(&path).await?.ok(200)?["spec"]
        .get("nodeName")
        .is_none()
    {
        let target = json!({"kind": "Node", "name": node(bench).await?});
        let binding = json!({"metadata": {"name": pod}, "target": target});
        bench
            .post(&format!("{path}/binding"), &binding)
            .await?
            .ok(201)?;
    }
    let status = if ready { "True" } else { "False" };
    let conditions = json!([{"type": "Ready", "status": status,
        "lastTransitionTime": "2020-01-01T00:00:00Z"}]);
    let status = json!({"phase": "Running", "podIP": address, "podIPs": [{"ip": address}],
        "conditions": conditions});
    let patch = json!({"status": status});
    bench
        .strategic(&format!("{path}/status"), &patch)
        .await?
        .ok(200)
        .map(drop)
}

/// The pods of this label `app` that are not being deleted, by name.
pub(super) async fn pods(bench: &Bench, app: &str) -> Result<Vec<Value>> {
    let list = bench
        .get(&format!("pods?labelSelector=app%3D{app}"))
        .await?
        .ok(200)?;
    let items = list["items"].as_array().cloned().unwrap_or_default();
    Ok(items
        .into_iter()
        .filter(|pod| pod["metadata"].get("deletionTimestamp").is_none())
        .collect())
}

/// Waits for exactly so many pods of this label `app`.
pub(super) async fn await_pods(bench: &Bench, app: &str, count: usize) -> Result<Vec<Value>> {
    bench
        .eventually(async || {
            let pods = pods(bench, app).await?;
            anyhow::ensure!(
                pods.len() == count,
                "{} pods instead of {count}",
                pods.len()
            );
            Ok(pods)
        })
        .await
}

/// The name of an object.
pub(super) fn name(object: &Value) -> Result<&str> {
    object.text("/metadata/name")
}
