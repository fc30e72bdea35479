//! What a call and a push cost in a mesh that stands: two clusters on two networks, one server and one
//! client in each.
#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark measures the machine's time, which the paused clock hides"
)]

#[path = "../tests/it/install.rs"]
#[expect(dead_code, reason = "the tests of this room use more of their kit")]
mod install;

use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use engine::{Batch, Environment as _, ObjectRef, condition};
use install::{Mesh, cluster};
use serde_json::{Value, json};
use sim::runtime;
use world::{Call, Client, Connection, NamespaceName, Protocol, Target, WorkloadName};

/// How long a change takes to be with every proxy: debouncing included, on the virtual clock.
const TOLD: Duration = Duration::from_secs(2);

const SAMPLE: &str = "sample";

fn deployment(app: &str, ports: Value) -> Value {
    let labels = json!({"app": app});
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": app, "namespace": SAMPLE},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": app, "image": app, "ports": ports}]},
            },
        },
    })
}

fn workloads() -> [Value; 4] {
    [
        json!({
            "apiVersion": "v1", "kind": "Namespace",
            "metadata": {"name": SAMPLE, "labels": {"istio-injection": "enabled"}},
        }),
        json!({
            "apiVersion": "v1", "kind": "Service",
            "metadata": {"name": "helloworld", "namespace": SAMPLE},
            "spec": {"selector": {"app": "helloworld"}, "ports": [{"name": "http", "port": 5000}]},
        }),
        deployment("helloworld", json!([{"containerPort": 5000}])),
        deployment("sleep", json!([])),
    ]
}

async fn standing() -> Mesh {
    let mesh = Mesh::install("multi-network-multi-primary").await;
    for n in [1, 2] {
        let here = cluster(n);
        mesh.apply(&here, &workloads()).await;
        for app in ["helloworld", "sleep"] {
            let object = ObjectRef::namespaced("apps/v1", "Deployment", SAMPLE, app);
            mesh.until(&here, object, condition::ready("Deployment"))
                .await;
        }
    }
    tokio::time::sleep(TOLD).await;
    mesh
}

fn call(connection: Connection) -> Call {
    Call {
        from: Client::Pod {
            cluster: cluster(1),
            namespace: NamespaceName::new(SAMPLE).expect("a label"),
            workload: WorkloadName::new("sleep").expect("a label"),
        },
        to: Target {
            host: "helloworld.sample".into(),
            port: 5000,
        },
        protocol: Protocol::get("/hello"),
        connection,
        timeout: Duration::from_secs(5),
    }
}

/// Calls one after another, half of which cross the gateway.
async fn calls(mesh: &Mesh, connection: Connection, times: u64) -> Duration {
    let count = usize::try_from(times).expect("a bench calls no more often than that");
    let batch = Batch::repeated(call(connection), count);
    let start = Instant::now();
    let seen = mesh.environment.prober().ask(batch).await;
    let took = start.elapsed();
    assert_eq!(seen.expect("calls are made").len(), count);
    took
}

/// Changes of one rule, each until every proxy was told.
async fn pushes(mesh: &Mesh, times: u64) -> Duration {
    let start = Instant::now();
    for n in 0..times {
        let rule = json!({
            "apiVersion": "networking.istio.io/v1", "kind": "DestinationRule",
            "metadata": {"name": "helloworld", "namespace": SAMPLE},
            "spec": {
                "host": "helloworld.sample.svc.cluster.local",
                "trafficPolicy": {"connectionPool": {"http": {"maxRequestsPerConnection": n + 1}}},
            },
        });
        mesh.apply(&cluster(1), &[rule]).await;
        tokio::time::sleep(TOLD).await;
    }
    start.elapsed()
}

fn a_call(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("call");
    group.sample_size(10);
    for (name, connection) in [("fresh", Connection::Fresh), ("kept", Connection::Kept)] {
        group.bench_function(name, |bencher| {
            bencher.iter_custom(|times| {
                runtime::run(async { calls(&standing().await, connection, times).await })
            });
        });
    }
    group.finish();
}

fn a_push(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("push");
    group.sample_size(10);
    group.bench_function("destination rule", |bencher| {
        bencher.iter_custom(|times| runtime::run(async { pushes(&standing().await, times).await }));
    });
    group.finish();
}

criterion_group!(benches, a_call, a_push);
criterion_main!(benches);
