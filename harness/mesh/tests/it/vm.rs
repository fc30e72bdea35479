//! What a machine is to the mesh: registered while it is connected, called and calling by name.

#![expect(clippy::unwrap_used, reason = "a kit's failure is the test's failure")]

use std::time::Duration;

use engine::{Batch, Environment, ObjectRef};
use serde_json::json;
use sim::runtime;
use world::{
    Answer, Call, Client, Connection, NamespaceName, Outcome, Protocol, Target, VmName,
    WorkloadName,
};

use crate::{
    install::{Mesh, cluster},
    istiod::{deploy_with, settle},
};

fn legacy() -> VmName {
    VmName::new("legacy").unwrap()
}

fn sleep() -> Client {
    Client::Pod {
        cluster: cluster(1),
        namespace: NamespaceName::new("sample").unwrap(),
        workload: WorkloadName::new("sleep").unwrap(),
    }
}

/// A mesh with a client, a server, and a machine that has joined.
async fn scene(topology: &str) -> Mesh {
    let mesh = Mesh::install(topology).await;
    let enabled = json!({"istio-injection": "enabled"});
    deploy_with(&mesh, 1, ("sample", "sleep"), enabled.clone()).await;
    deploy_with(&mesh, 1, ("sample", "helloworld"), enabled).await;
    mesh.onboard(&legacy()).await;
    tokio::time::sleep(Duration::from_secs(30)).await;
    mesh
}

async fn ask(mesh: &Mesh, from: Client, host: &str) -> Result<Answer, String> {
    let call = Call {
        from,
        to: Target {
            host: host.into(),
            port: 5000,
        },
        protocol: Protocol::get("/hello"),
        connection: Connection::Fresh,
        timeout: Duration::from_secs(15),
    };
    let asked = mesh.environment.prober().ask(Batch::in_order([call]));
    let seen = asked.await.unwrap().remove(0);
    match seen.outcome {
        Outcome::Answered(answer) => Ok(answer),
        Outcome::Refused(refusal) => Err(format!("{refusal}: {:#?}", seen.hops)),
    }
}

async fn entries(mesh: &Mesh) -> Vec<String> {
    let entries = ObjectRef::namespaced("networking.istio.io/v1", "WorkloadEntry", "vm", "");
    let api = mesh.kinds(&cluster(1)).api(&entries).await.unwrap();
    let all = api.list(&Default::default()).await.unwrap().items;
    all.into_iter()
        .map(|entry| entry.metadata.name.unwrap())
        .collect()
}

/// The machine is registered, and calls a pod by its service's name.
async fn joined(mesh: &Mesh) {
    let log = || mesh.environment.sim().log().to_string();
    assert_eq!(entries(mesh).await.len(), 1, "{}", log());
    let answer = ask(mesh, Client::Vm(legacy()), "helloworld.sample").await;
    assert_eq!(answer.unwrap().cluster, Some(cluster(1)));
    assert_eq!(mesh.images.refusals().all(), []);
}

#[test]
fn a_machine_of_the_cluster_s_network_calls_and_is_called() {
    runtime::run(async {
        let mesh = scene("vm-same-network").await;
        joined(&mesh).await;
        let answer = ask(&mesh, sleep(), "legacy.vm").await.unwrap();
        assert_eq!(answer.vm, Some(legacy()));
    });
}

#[test]
fn a_machine_of_another_network_joins_and_calls_through_the_gateway() {
    runtime::run(async {
        let mesh = scene("vm-other-network").await;
        joined(&mesh).await;
        // No gateway leads into the machine's own network.
        let refused = ask(&mesh, sleep(), "legacy.vm").await.unwrap_err();
        assert!(refused.contains("split-horizon/no-gateway"), "{refused}");
    });
}

#[test]
fn the_registration_ends_some_time_after_the_connection() {
    runtime::run(async {
        let mesh = scene("vm-same-network").await;
        assert_eq!(entries(&mesh).await.len(), 1);
        let machine = mesh.environment.machine(&legacy()).unwrap();
        machine.stop_agent().await.unwrap();
        tokio::time::sleep(Duration::from_secs(5)).await;
        assert_eq!(entries(&mesh).await.len(), 1, "within the grace period");
        tokio::time::sleep(Duration::from_secs(10)).await;
        assert!(entries(&mesh).await.is_empty());
        settle().await;
        let refused = ask(&mesh, sleep(), "legacy.vm").await.unwrap_err();
        assert!(refused.starts_with("http-503"), "{refused}");
    });
}
