//! Workloads: what controllers and kubelets make of ordinary manifests.

use engine::{Condition, ObjectRef, State, condition, delete, wait};
use k8s_openapi::api::core::v1::Pod;
use serde_json::json;
use sim::runtime;
use tokio::time::Instant;
use world::Outcome;

use crate::kit::{
    apply, ask, call, deployment, from_pod, hello, kinds, namespace, object, patch, pods, service,
    settle, soon, up,
};

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
