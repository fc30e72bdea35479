//! A run on the control plane, as the runner makes one: namespaces first, then what is in them.

use std::{collections::BTreeMap, time::Duration};

use anyhow::Result;
use engine::{Apply, BringUp, Deadline, Engine as _, Environment, Kinds};
use existing::{Allowed, Context, Existing};
use k8s_openapi::api::core::v1::Namespace;
use kube::{Api, ResourceExt as _, api::ListParams};
use parity::{Site as _, real::ControlPlane};
use serde_json::{Value, json};
use world::{Cluster, ClusterName, Network, Node, Substrate};

/// The namespace of the run's workloads.
pub(crate) const OWN: &str = "sample";

/// The API server that the administrator's kubeconfig names.
pub(crate) async fn server(site: &ControlPlane) -> Result<String> {
    let text = std::fs::read_to_string(site.kubeconfig())?;
    let kubeconfig: Value = serde_json::from_str(&text)?;
    let server = kubeconfig.pointer("/clusters/0/cluster/server");
    Ok(server
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned())
}

/// The engine, for an API server that is allowed.
pub(crate) fn engine(site: &ControlPlane, allowed: &str) -> existing::Result<Existing> {
    let context: Context = "cluster1=real".parse()?;
    let allowed: Allowed = format!("real={allowed}").parse()?;
    Existing::of(&site.kubeconfig(), &[context], &[allowed])
}

pub(crate) async fn up(engine: &Existing, run: &str) -> engine::Result<Box<dyn Environment>> {
    let options = BringUp {
        run: run.to_owned(),
        seed: 0,
        deadline: deadline(),
    };
    engine.bring_up(&substrate(), options).await
}

pub(crate) fn deadline() -> Deadline {
    Deadline::after(Duration::from_secs(60))
}

/// Takes the namespace and fills it.
pub(crate) async fn fill(environment: &dyn Environment) -> engine::Result<()> {
    environment.claim(&cluster(), OWN).await?;
    apply(
        environment,
        &[labelled(), config_map(OWN), service(), deployment()],
    )
    .await
}

pub(crate) async fn apply(environment: &dyn Environment, objects: &[Value]) -> engine::Result<()> {
    let kinds = Kinds::new("cluster1", environment.client(&cluster())?);
    let apply = Apply::new(kinds, "isthmus").force();
    apply.all(objects, deadline()).await.map(drop)
}

/// A whole run.
pub(crate) async fn whole(engine: &Existing, run: &str) -> engine::Result<()> {
    let environment = up(engine, run).await?;
    fill(&*environment).await?;
    environment.tear_down().await
}

pub(crate) fn cluster() -> ClusterName {
    "cluster1".parse().expect("a name")
}

/// The namespaces that stand, and whether each is on its way out.
pub(crate) async fn namespaces(site: &ControlPlane) -> Result<BTreeMap<String, bool>> {
    let all: Api<Namespace> = Api::all(site.admin());
    let standing = all.list(&ListParams::default()).await?.items.into_iter();
    let standing = standing.map(|one| (one.name_any(), one.metadata.deletion_timestamp.is_some()));
    Ok(standing.collect())
}

fn substrate() -> Substrate {
    let network: world::NetworkName = "network1".parse().expect("a name");
    let node = Node {
        name: "node1".parse().expect("a name"),
        locality: "region1/zone1".parse().expect("a locality"),
    };
    let one = Cluster {
        network: network.clone(),
        nodes: vec![node],
        pods: "10.10.0.0/16".parse().expect("a range"),
        services: "10.110.0.0/16".parse().expect("a range"),
        load_balancers: "172.18.0.0/24".parse().expect("a range"),
        kubernetes: None,
    };
    let nodes = "172.20.0.0/16".parse().expect("a range");
    Substrate {
        networks: [(network, Network { nodes })].into(),
        clusters: [(cluster(), one)].into(),
        vms: BTreeMap::new(),
        links: Vec::new(),
    }
}

fn labelled() -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace",
           "metadata": {"name": OWN, "labels": {"istio-injection": "enabled"}}})
}

pub(crate) fn config_map(namespace: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap",
           "metadata": {"name": "isthmus", "namespace": namespace}, "data": {"a": "b"}})
}

fn service() -> Value {
    json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "helloworld", "namespace": OWN},
           "spec": {"selector": {"app": "helloworld"}, "ports": [{"port": 5000}]}})
}

fn deployment() -> Value {
    let labels = json!({"app": "helloworld"});
    json!({"apiVersion": "apps/v1", "kind": "Deployment",
           "metadata": {"name": "helloworld", "namespace": OWN},
           "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels},
                    "spec": {"containers": [{"name": "helloworld", "image": "helloworld"}]}}}})
}
