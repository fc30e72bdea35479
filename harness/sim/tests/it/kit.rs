//! What the claims about clusters are made with: a substrate, manifests, a cluster that is up.

use std::{net::Ipv4Addr, time::Duration};

use engine::{Apply, Batch, Deadline, Environment, Kinds, ObjectRef, wait};
use k8s_openapi::api::core::v1::Pod;
use kube::{
    Api,
    api::{ListParams, Patch, PatchParams},
};
use serde_json::{Value, json};
use sim::{Sim, SimEnvironment};
use world::{
    Call, Client, Cluster, ClusterName, Connection, Locality, NamespaceName, Network, NetworkName,
    Node, NodeName, Observation, Outcome, Protocol, Refusal, Substrate, Target, Vm, VmName,
    WorkloadName,
};

pub(crate) fn name(n: usize) -> ClusterName {
    ClusterName::new(format!("cluster{n}")).unwrap()
}

/// `n` clusters with `nodes` nodes each, every cluster in a network of its own; pod and service
/// ranges are the same everywhere.
pub(crate) fn substrate(n: usize, nodes: usize) -> Substrate {
    let network = |i: usize| NetworkName::new(format!("network{i}")).unwrap();
    let node = |i: usize| Node {
        name: NodeName::new(format!("node{i}")).unwrap(),
        locality: format!("region1/zone{i}").parse::<Locality>().unwrap(),
    };
    let cluster = |i: usize| Cluster {
        network: network(i),
        nodes: (1..=nodes).map(node).collect(),
        pods: "10.10.0.0/16".parse().unwrap(),
        services: "10.96.0.0/16".parse().unwrap(),
        load_balancers: format!("172.18.{i}.0/28").parse().unwrap(),
        kubernetes: None,
    };
    let vm = Vm {
        network: network(1),
        address: Ipv4Addr::new(172, 16, 0, 200),
        locality: Locality::default(),
    };
    Substrate {
        networks: (1..=n)
            .map(|i| {
                (
                    network(i),
                    Network {
                        nodes: "172.16.0.0/24".parse().unwrap(),
                    },
                )
            })
            .collect(),
        clusters: (1..=n).map(|i| (name(i), cluster(i))).collect(),
        vms: [(VmName::new("vm1").unwrap(), vm)].into(),
        links: Vec::new(),
    }
}

pub(crate) async fn up(n: usize, nodes: usize) -> SimEnvironment {
    Sim::new().start(&substrate(n, nodes), 1).await.unwrap()
}

pub(crate) fn soon() -> Deadline {
    Deadline::after(Duration::from_secs(60))
}

pub(crate) fn kinds(sim: &SimEnvironment, n: usize) -> Kinds {
    Kinds::new(name(n).to_string(), sim.client(&name(n)).unwrap())
}

/// Applies objects to a cluster.
pub(crate) async fn apply(kinds: &Kinds, objects: &[Value]) {
    Apply::new(kinds.clone(), "test")
        .all(objects, soon())
        .await
        .unwrap();
}

/// Applies objects and waits until all are ready.
pub(crate) async fn settle(kinds: &Kinds, objects: &[Value]) {
    let applied = Apply::new(kinds.clone(), "test")
        .all(objects, soon())
        .await
        .unwrap();
    wait::ready(kinds, applied, soon()).await.unwrap();
}

pub(crate) fn namespace() -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "sample"}})
}

/// A Deployment whose pods listen on 5000 and have the labels `app` and `version`.
pub(crate) fn deployment(app: &str, version: &str, replicas: usize) -> Value {
    let labels = json!({"app": app, "version": version});
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"namespace": "sample", "name": format!("{app}-{version}")},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{
                    "name": "app", "image": "helloworld",
                    "ports": [{"name": "http", "containerPort": 5000}],
                }]},
            },
        },
    })
}

pub(crate) fn service(app: &str, kind: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"namespace": "sample", "name": app, "labels": {"app": app}},
        "spec": {
            "type": kind, "selector": {"app": app},
            "ports": [{"name": "http", "port": 80, "targetPort": "http"}],
        },
    })
}

pub(crate) fn from_pod(n: usize, workload: &str) -> Client {
    Client::Pod {
        cluster: name(n),
        namespace: NamespaceName::new("sample").unwrap(),
        workload: WorkloadName::new(workload).unwrap(),
    }
}

pub(crate) fn call(from: Client, host: &str, port: u16) -> Call {
    Call {
        from,
        to: Target {
            host: host.into(),
            port,
        },
        protocol: Protocol::get("/hello"),
        connection: Connection::Fresh,
        timeout: Duration::from_secs(5),
    }
}

pub(crate) fn object(api_version: &str, kind: &str, name: &str) -> ObjectRef {
    ObjectRef::namespaced(api_version, kind, "sample", name)
}

/// What one call comes to.
pub(crate) async fn ask(sim: &SimEnvironment, call: Call) -> Observation {
    let mut seen = sim.prober().ask(Batch::in_order([call])).await.unwrap();
    seen.remove(0)
}

/// How a call was refused; `None` if it was answered.
pub(crate) fn refusal(seen: &Observation) -> Option<Refusal> {
    match &seen.outcome {
        Outcome::Answered(_) => None,
        Outcome::Refused(refusal) => Some(*refusal),
    }
}

/// The pods of `sample`.
pub(crate) async fn pods(kinds: &Kinds) -> Vec<Pod> {
    let api: Api<Pod> = Api::namespaced(kinds.client().clone(), "sample");
    api.list(&ListParams::default()).await.unwrap().items
}

/// Merges a patch into an object.
pub(crate) async fn patch(kinds: &Kinds, object: &ObjectRef, patch: serde_json::Value) {
    let api = kinds.api(object).await.unwrap();
    api.patch(&object.name, &PatchParams::default(), &Patch::Merge(patch))
        .await
        .unwrap();
}

/// A cluster in which `sleep` may call `helloworld`.
pub(crate) async fn hello(replicas: usize) -> (SimEnvironment, Kinds) {
    let sim = up(1, 1).await;
    let kinds = kinds(&sim, 1);
    let objects = [
        namespace(),
        deployment("sleep", "v1", 1),
        deployment("helloworld", "v1", replicas),
        service("helloworld", "ClusterIP"),
    ];
    settle(&kinds, &objects).await;
    (sim, kinds)
}
