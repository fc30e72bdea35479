//! Clusters: what controllers, kubelets and kube-proxy do with ordinary manifests.

use std::time::Duration;

use engine::{
    Batch, Condition, Deadline, Environment, Kinds, ObjectRef, State, condition, delete, wait,
};
use k8s_openapi::api::core::v1::Pod;
use kube::{
    Api,
    api::{ListParams, Patch, PatchParams},
};
use serde_json::json;
use sim::{SimEnvironment, runtime};
use tokio::time::Instant;
use world::{Call, Client, NodeName, Observation, Outcome, Refusal, SubstrateFault, VmName};

use crate::kit::{
    apply, call, deployment, from_pod, kinds, name, namespace, object, service, settle, soon, up,
};

async fn ask(sim: &SimEnvironment, call: Call) -> Observation {
    let mut seen = sim.prober().ask(Batch::in_order(vec![call])).await.unwrap();
    seen.remove(0)
}

fn refusal(seen: &Observation) -> Option<Refusal> {
    match &seen.outcome {
        Outcome::Answered(_) => None,
        Outcome::Refused(refusal) => Some(*refusal),
    }
}

async fn pods(kinds: &Kinds) -> Vec<Pod> {
    let api: Api<Pod> = Api::namespaced(kinds.client().clone(), "sample");
    api.list(&ListParams::default()).await.unwrap().items
}

async fn patch(kinds: &Kinds, object: &ObjectRef, patch: serde_json::Value) {
    let api = kinds.api(object).await.unwrap();
    api.patch(&object.name, &PatchParams::default(), &Patch::Merge(patch))
        .await
        .unwrap();
}

/// A cluster in which `sleep` may call `helloworld`.
async fn hello(replicas: usize) -> (SimEnvironment, Kinds) {
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
        let batch = Batch::repeated(&call(from_pod(1, "sleep"), "helloworld", 80), 60);
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
fn a_new_template_replaces_every_pod_and_counts_as_a_revision() {
    runtime::run(async {
        let (_sim, kinds) = hello(3).await;
        let mut changed = deployment("helloworld", "v1", 3);
        changed["spec"]["template"]["metadata"]["annotations"] = json!({"changed": "yes"});
        settle(&kinds, &[changed]).await;
        let hello = object("apps/v1", "Deployment", "helloworld-v1");
        let now = wait::until(&kinds, &hello, &condition::present(), soon())
            .await
            .unwrap()
            .unwrap();
        let annotations = now.metadata.annotations.unwrap();
        assert_eq!(annotations["deployment.kubernetes.io/revision"], "2");
        let fresh = |pod: &Pod| {
            let annotations = pod.metadata.annotations.as_ref();
            annotations.is_some_and(|all| all.contains_key("changed"))
        };
        let hello: Vec<_> = pods(&kinds)
            .await
            .into_iter()
            .filter(|pod| pod.metadata.labels.as_ref().unwrap()["app"] == "helloworld")
            .filter(|pod| pod.metadata.deletion_timestamp.is_none())
            .collect();
        assert_eq!(hello.len(), 3);
        assert!(hello.iter().all(fresh));
    });
}

#[test]
fn a_deployment_that_is_deleted_takes_its_pods_with_it() {
    runtime::run(async {
        let (_sim, kinds) = hello(2).await;
        let gone = object("apps/v1", "Deployment", "helloworld-v1");
        delete::all(&kinds, &[gone], soon()).await.unwrap();
        for pod in pods(&kinds).await {
            let name = pod.metadata.name.unwrap();
            if name.starts_with("helloworld") {
                let pod = object("v1", "Pod", &name);
                wait::until(&kinds, &pod, &condition::absent(), soon())
                    .await
                    .unwrap();
            }
        }
    });
}

#[test]
fn a_namespace_ends_with_everything_in_it() {
    runtime::run(async {
        let (_sim, kinds) = hello(1).await;
        let sample = ObjectRef::cluster_wide("v1", "Namespace", "sample");
        delete::all(&kinds, &[sample], soon()).await.unwrap();
        assert!(pods(&kinds).await.is_empty());
    });
}

#[test]
fn a_pod_that_fits_nowhere_says_why() {
    runtime::run(async {
        let sim = up(1, 2).await;
        let kinds = kinds(&sim, 1);
        let pod = json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"namespace": "sample", "name": "picky"},
            "spec": {"nodeSelector": {"disk": "fast"},
                "containers": [{"name": "app", "image": "app"}]}});
        apply(&kinds, &[namespace(), pod]).await;
        let unschedulable = Condition::on("unschedulable", |pod| {
            let message = pod.data.pointer("/status/conditions/0/message");
            const WHY: &str = "0/2 nodes are available: \
                2 node(s) didn't match Pod's node affinity/selector.";
            match message.and_then(|m| m.as_str()) {
                Some(WHY) => State::Met,
                other => State::Unmet(format!("it says {other:?}")),
            }
        });
        wait::until(
            &kinds,
            &object("v1", "Pod", "picky"),
            &unschedulable,
            soon(),
        )
        .await
        .unwrap();
    });
}

#[test]
fn a_stateful_set_makes_its_pods_in_order_under_names_that_resolve() {
    runtime::run(async {
        let (sim, kinds) = hello(1).await;
        let mut headless = service("db", "ClusterIP");
        headless["spec"]["clusterIP"] = "None".into();
        let set = json!({"apiVersion": "apps/v1", "kind": "StatefulSet",
            "metadata": {"namespace": "sample", "name": "db"},
            "spec": {"replicas": 2, "serviceName": "db", "selector": {"matchLabels": {"app": "db"}},
                "template": {"metadata": {"labels": {"app": "db"}},
                    "spec": {"containers": [{"name": "db", "image": "db",
                        "ports": [{"name": "http", "containerPort": 5432}]}]}}}});
        settle(&kinds, &[headless, set]).await;
        let seen = ask(&sim, call(from_pod(1, "sleep"), "db-1.db", 5432)).await;
        let Outcome::Answered(answer) = seen.outcome else {
            panic!("{seen:?}")
        };
        assert_eq!(answer.pod.as_deref(), Some("db-1"));
    });
}

#[test]
fn a_job_completes_when_its_command_succeeds() {
    runtime::run(async {
        let sim = up(1, 1).await;
        let kinds = kinds(&sim, 1);
        let job = json!({"apiVersion": "batch/v1", "kind": "Job",
            "metadata": {"namespace": "sample", "name": "once"},
            "spec": {"template": {"spec": {"restartPolicy": "Never",
                "containers": [{"name": "once", "image": "tools", "command": ["sleep", "7"]}]}}}});
        let start = Instant::now();
        settle(&kinds, &[namespace(), job]).await;
        assert!((7..12).contains(&start.elapsed().as_secs()));
    });
}

#[test]
fn readiness_is_seen_at_the_ticks_of_the_probe() {
    runtime::run(async {
        let sim = up(1, 1).await;
        let kinds = kinds(&sim, 1);
        let mut slow = deployment("slow", "v1", 1);
        slow["spec"]["template"]["spec"]["containers"][0]["readinessProbe"] =
            json!({"initialDelaySeconds": 20, "periodSeconds": 5, "tcpSocket": {"port": 5000}});
        let start = Instant::now();
        settle(&kinds, &[namespace(), slow]).await;
        assert!(
            (20..23).contains(&start.elapsed().as_secs()),
            "{:?}",
            start.elapsed()
        );
    });
}

#[test]
fn a_sidecar_starts_before_the_application_and_ends_after_it() {
    runtime::run(async {
        let sim = up(1, 1).await;
        let kinds = kinds(&sim, 1);
        let pod = json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"namespace": "sample", "name": "both"},
            "spec": {
                "initContainers": [
                    {"name": "first", "image": "tools", "command": ["true"]},
                    {"name": "beside", "image": "proxy", "restartPolicy": "Always",
                        "startupProbe": {"tcpSocket": {"port": 1}, "initialDelaySeconds": 4}},
                ],
                "containers": [{"name": "app", "image": "app"}]}});
        settle(&kinds, &[namespace(), pod]).await;
        let both = &pods(&kinds).await[0];
        let status = both.status.as_ref().unwrap();
        let since = |n: usize, init: bool| {
            let all = if init {
                &status.init_container_statuses
            } else {
                &status.container_statuses
            };
            let state = all.as_ref().unwrap()[n].state.as_ref().unwrap();
            state
                .running
                .as_ref()
                .unwrap()
                .started_at
                .as_ref()
                .unwrap()
                .0
        };
        assert!(since(0, false).as_second() - since(1, true).as_second() >= 4);
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

#[test]
fn an_object_that_is_awaited_in_vain_is_named_with_its_nearest_state() {
    runtime::run(async {
        let (_sim, kinds) = hello(1).await;
        let hello = object("apps/v1", "Deployment", "helloworld-v1");
        patch(
            &kinds,
            &hello,
            json!({"spec": {"template": {"spec": {"nodeSelector": {"a": "b"}}}}}),
        )
        .await;
        let error = wait::ready(&kinds, [hello], soon()).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "Deployment sample/helloworld-v1 was awaited to be available for 60s, but 1 old replicas are still there"
        );
    });
}

#[test]
fn equal_seeds_write_equal_logs() {
    let run = || {
        runtime::run(async {
            let (sim, kinds) = hello(3).await;
            let mut changed = deployment("helloworld", "v1", 5);
            changed["spec"]["template"]["metadata"]["annotations"] = json!({"changed": "yes"});
            settle(&kinds, &[changed]).await;
            ask(&sim, call(from_pod(1, "sleep"), "helloworld", 80)).await;
            sim.log().to_string()
        })
    };
    let first = run();
    assert!(first.lines().count() > 50, "{first}");
    for _ in 1..20 {
        for (now, then) in run().lines().zip(first.lines()) {
            assert_eq!(now, then);
        }
        assert_eq!(run().lines().count(), first.lines().count());
    }
}
