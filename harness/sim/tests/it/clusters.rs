//! Clusters: how pods, Services and load balancers are reached, and what faults do to them.

use std::time::Duration;

use engine::{Batch, Deadline, Environment, ObjectRef, condition, wait};
use k8s_openapi::api::core::v1::Pod;
use kube::{Api, api::ListParams};
use sim::runtime;
use tokio::time::Instant;
use world::{Client, NodeName, Outcome, Refusal, SubstrateFault, VmName};

use crate::kit::{
    ask, call, deployment, from_pod, hello, kinds, name, namespace, object, pods, refusal, service,
    settle, soon, up,
};

#[test]
fn a_pod_reaches_a_service_by_its_short_name() {
    runtime::run(async {
        let (sim, _) = hello(2).await;
        let seen = ask(&sim, call(from_pod(1, "sleep"), "helloworld", 80)).await;
        let Outcome::Answered(answer) = &seen.outcome else {
            panic!("{seen:?}");
        };
        assert_eq!(answer.version.as_deref(), Some("v1"));
        assert_eq!(answer.cluster, Some(name(1)));
        assert_eq!(seen.hops.len(), 2);
    });
}

#[test]
fn a_service_without_pods_refuses_and_an_unknown_name_does_not_resolve() {
    runtime::run(async {
        let (sim, _) = hello(0).await;
        let ask = |host: &str, port| ask(&sim, call(from_pod(1, "sleep"), host, port));
        assert_eq!(
            refusal(&ask("helloworld", 80).await),
            Some(Refusal::Refused)
        );
        assert_eq!(refusal(&ask("nobody", 80).await), Some(Refusal::Dns));
        assert_eq!(
            refusal(&ask("helloworld", 81).await),
            Some(Refusal::Timeout)
        );
    });
}

#[test]
fn every_endpoint_of_a_service_is_picked() {
    runtime::run(async {
        let (sim, _) = hello(3).await;
        let batch = Batch::repeated(call(from_pod(1, "sleep"), "helloworld", 80), 60);
        let seen = sim.prober().ask(batch).await.unwrap();
        let pods: std::collections::BTreeSet<_> = seen
            .iter()
            .map(|one| match &one.outcome {
                Outcome::Answered(answer) => answer.pod.clone(),
                Outcome::Refused(refusal) => panic!("{refusal}"),
            })
            .collect();
        assert_eq!(pods.len(), 3);
    });
}

#[test]
fn a_load_balancer_is_reached_from_everywhere_and_a_pod_only_from_its_network() {
    runtime::run(async {
        let sim = up(2, 1).await;
        let (one, two) = (kinds(&sim, 1), kinds(&sim, 2));
        settle(&one, &[namespace(), deployment("sleep", "v1", 1)]).await;
        let objects = [
            namespace(),
            deployment("helloworld", "v2", 1),
            service("helloworld", "LoadBalancer"),
        ];
        settle(&two, &objects).await;
        let address = engine::facts::load_balancer_addresses(&two, "sample", "helloworld", soon());
        let address = address.await.unwrap()[0].to_string();
        for client in [
            from_pod(1, "sleep"),
            Client::Outside,
            Client::Vm(VmName::new("vm1").unwrap()),
        ] {
            let seen = ask(&sim, call(client, &address, 80)).await;
            assert_eq!(refusal(&seen), None, "{seen:?}");
        }
        let pod = pods(&two).await[0]
            .status
            .as_ref()
            .unwrap()
            .pod_ip
            .clone()
            .unwrap();
        let own = pods(&one).await[0]
            .status
            .as_ref()
            .unwrap()
            .pod_ip
            .clone()
            .unwrap();
        assert_eq!(pod, own, "equal ranges give equal addresses");
        let seen = ask(&sim, call(Client::Outside, &pod, 5000)).await;
        assert_eq!(refusal(&seen), Some(Refusal::Timeout));
    });
}

#[test]
fn a_paused_node_is_unreachable_after_its_grace_and_its_pods_are_evicted() {
    runtime::run(async {
        let sim = up(1, 2).await;
        let kinds = kinds(&sim, 1);
        settle(&kinds, &[namespace(), deployment("helloworld", "v1", 2)]).await;
        let node = NodeName::new("node1").unwrap();
        let fault = SubstrateFault::PauseNode(name(1), node);
        let handle = sim.inject(&fault).await.unwrap();
        let start = Instant::now();
        let node = ObjectRef::cluster_wide("v1", "Node", "node1");
        let silent = condition::ready("Node").not();
        let later = Deadline::after(Duration::from_secs(900));
        wait::until(&kinds, &node, &silent, later).await.unwrap();
        assert_eq!(start.elapsed().as_secs(), 50);
        let hello = object("apps/v1", "Deployment", "helloworld-v1");
        wait::until(&kinds, &hello, &condition::ready("Deployment").not(), later)
            .await
            .unwrap();
        wait::until(&kinds, &hello, &condition::ready("Deployment"), later)
            .await
            .unwrap();
        assert!(
            (350..355).contains(&start.elapsed().as_secs()),
            "{:?}",
            start.elapsed()
        );
        sim.heal(handle).await.unwrap();
        wait::until(&kinds, &node, &condition::ready("Node"), later)
            .await
            .unwrap();
    });
}

#[test]
fn a_paused_api_server_answers_nobody_and_its_workloads_go_on() {
    runtime::run(async {
        let (sim, kinds) = hello(1).await;
        let handle = sim
            .inject(&SubstrateFault::PauseApiServer(name(1)))
            .await
            .unwrap();
        let api: Api<Pod> = Api::namespaced(kinds.client().clone(), "sample");
        assert!(api.list(&ListParams::default()).await.is_err());
        let seen = ask(&sim, call(from_pod(1, "sleep"), "helloworld", 80)).await;
        assert_eq!(refusal(&seen), None);
        sim.heal(handle).await.unwrap();
        assert_eq!(pods(&kinds).await.len(), 2);
    });
}
