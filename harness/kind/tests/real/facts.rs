//! What is asked of the clusters.

use std::{collections::BTreeMap, time::Duration};

use engine::{Deadline, Kinds, facts};
use futures::future::{BoxFuture, FutureExt as _};
use k8s_openapi::api::core::v1::Node;
use kube::{Api, ResourceExt as _, api::ListParams};
use world::{
    Client, Refusal, SubstrateFault,
    fault::{Direction, End},
};

use crate::ground::{Ground, name, sleep};

type Fact = fn(&Ground) -> BoxFuture<'_, Result<(), String>>;

/// Every fact, in the order in which they are asked.
pub(crate) const FACTS: [(&str, Fact); 9] = [
    ("nodes_say_where_they_stand", |on| zones(on).boxed()),
    ("pods_of_two_nodes_reach_each_other", |on| {
        two_nodes(on).boxed()
    }),
    ("equal_ranges_on_two_networks_are_each_clusters_own", |on| {
        overlap(on).boxed()
    }),
    (
        "a_machine_is_reached_in_its_network_and_nowhere_else",
        |on| machine(on).boxed(),
    ),
    ("a_machine_reaches_pods_of_its_network", |on| {
        from_machine(on).boxed()
    }),
    ("a_client_outside_reaches_a_load_balancer", |on| {
        outside(on).boxed()
    }),
    ("a_paused_node_answers_again_once_it_is_healed", |on| {
        paused(on).boxed()
    }),
    ("a_machine_can_be_cut_off", |on| cut_off(on).boxed()),
    (
        "an_api_server_that_is_cut_off_leaves_workloads_alone",
        |on| api_server(on).boxed(),
    ),
];

fn same<T: PartialEq + std::fmt::Debug>(seen: T, expected: T) -> Result<(), String> {
    match seen == expected {
        true => Ok(()),
        false => Err(format!("expected {expected:?}, saw {seen:?}")),
    }
}

fn answered(version: &str) -> Result<String, Refusal> {
    Ok(version.to_owned())
}

const SILENCE: Result<String, Refusal> = Err(Refusal::Timeout);

async fn zones(on: &Ground) -> Result<(), String> {
    let nodes: Api<Node> = Api::all(on.environment.client(&name("cluster1")).unwrap());
    let nodes = nodes.list(&ListParams::default()).await.unwrap().items;
    let label = |node: &Node, key: &str| node.labels().get(key).cloned().unwrap_or_default();
    let seen: Vec<_> = nodes
        .iter()
        .map(|node| {
            let (region, zone) = (
                "topology.kubernetes.io/region",
                "topology.kubernetes.io/zone",
            );
            (label(node, region), label(node, zone))
        })
        .collect();
    let at = |zone: &str| ("region1".to_owned(), zone.to_owned());
    same(seen, vec![at("zone1"), at("zone2")])
}

async fn two_nodes(on: &Ground) -> Result<(), String> {
    let pod = on.pod("cluster1", "helloworld").await;
    same(on.ask(sleep("cluster1"), &pod).await, answered("cluster1"))
}

async fn overlap(on: &Ground) -> Result<(), String> {
    for cluster in ["cluster1", "cluster2"] {
        // The resolver of a cluster is awaited by nobody who brings clusters up.
        let own = answered(cluster);
        let seen = on.eventually(sleep(cluster), "helloworld.sample", &own);
        same(seen.await, own)?;
    }
    Ok(())
}

fn vm_address(on: &Ground) -> String {
    let machine = on.environment.machine(&"vm1".parse().unwrap());
    machine.unwrap().address().to_string()
}

async fn machine(on: &Ground) -> Result<(), String> {
    let address = vm_address(on);
    same(on.ask(sleep("cluster1"), &address).await, answered("vm"))?;
    same(on.ask(sleep("cluster2"), &address).await, SILENCE)
}

fn vm() -> Client {
    Client::Vm("vm1".parse().unwrap())
}

async fn from_machine(on: &Ground) -> Result<(), String> {
    let pod = on.pod("cluster1", "helloworld").await;
    same(on.ask(vm(), &pod).await, answered("cluster1"))
}

async fn outside(on: &Ground) -> Result<(), String> {
    let mut seen = BTreeMap::new();
    for cluster in ["cluster1", "cluster2"] {
        let kinds = Kinds::new(cluster, on.environment.client(&name(cluster)).unwrap());
        let deadline = Deadline::after(Duration::from_secs(60));
        let addresses =
            facts::load_balancer_addresses(&kinds, "sample", "helloworld", deadline).await;
        let address = addresses.unwrap()[0].to_string();
        let answer = on
            .eventually(Client::Outside, &address, &answered(cluster))
            .await;
        seen.insert(cluster, answer);
    }
    let expected = ["cluster1", "cluster2"].map(|cluster| (cluster, answered(cluster)));
    same(seen, expected.into())
}

async fn while_broken(
    on: &Ground,
    fault: SubstrateFault,
    meanwhile: impl AsyncFnOnce() -> Result<(), String>,
) -> Result<(), String> {
    let handle = on.environment.inject(&fault).await.unwrap();
    let seen = meanwhile().await;
    on.environment.heal(handle).await.unwrap();
    seen
}

async fn paused(on: &Ground) -> Result<(), String> {
    let pod = on.pod("cluster1", "helloworld").await;
    let fault = SubstrateFault::PauseNode(name("cluster1"), "node1".parse().unwrap());
    while_broken(on, fault, async || {
        same(on.ask(sleep("cluster1"), &pod).await, SILENCE)
    })
    .await?;
    let again = answered("cluster1");
    same(on.eventually(sleep("cluster1"), &pod, &again).await, again)
}

async fn cut_off(on: &Ground) -> Result<(), String> {
    let address = vm_address(on);
    let fault = SubstrateFault::Partition {
        from: End::Cluster(name("cluster1")),
        to: End::Vm("vm1".parse().unwrap()),
        direction: Direction::Both,
    };
    while_broken(on, fault, async || {
        same(on.ask(sleep("cluster1"), &address).await, SILENCE)
    })
    .await?;
    same(on.ask(sleep("cluster1"), &address).await, answered("vm"))
}

async fn api_server(on: &Ground) -> Result<(), String> {
    let pod = on.pod("cluster2", "helloworld").await;
    let client = on.environment.client(&name("cluster2")).unwrap();
    let fault = SubstrateFault::PauseApiServer(name("cluster2"));
    let asked = async || {
        let version = client.apiserver_version();
        let version = tokio::time::timeout(Duration::from_secs(3), version).await;
        same(version.is_ok_and(|answer| answer.is_ok()), false)
    };
    while_broken(on, fault, asked).await?;
    same(on.ask(sleep("cluster2"), &pod).await, answered("cluster2"))
}
