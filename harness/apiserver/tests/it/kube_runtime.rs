//! kube's own machinery over the server.

use std::{sync::Arc, time::Duration};

use futures::{StreamExt, TryStreamExt};
use k8s_openapi::api::core::v1::{ConfigMap, Pod};
use kube::{
    Api, Client, Discovery, ResourceExt,
    api::{AttachParams, DeleteParams, Patch, PatchParams, PostParams},
    runtime::{
        Controller, WatchStreamExt,
        controller::Action,
        finalizer::{Event, finalizer},
        reflector,
        wait::{await_condition, conditions},
        watcher,
    },
};
use serde_json::json;

use crate::kit::{config_map, pod, run, server};

fn maps(client: &Client) -> Api<ConfigMap> {
    Api::namespaced(client.clone(), "default")
}

async fn create(client: &Client, name: &str) {
    let object = serde_json::from_value(config_map(name, json!({}))).expect("a ConfigMap");
    maps(client)
        .create(&PostParams::default(), &object)
        .await
        .expect("created");
}

async fn names_seen(config: watcher::Config) -> Vec<String> {
    let client = server().client();
    create(&client, "before").await;
    let stream = watcher(maps(&client), config).applied_objects();
    let mut stream = std::pin::pin!(stream);
    let mut seen = vec![
        stream
            .try_next()
            .await
            .expect("a stream")
            .expect("an object")
            .name_any(),
    ];
    create(&client, "after").await;
    seen.push(
        stream
            .try_next()
            .await
            .expect("a stream")
            .expect("an object")
            .name_any(),
    );
    seen
}

#[test]
fn the_watcher_lists_and_then_watches() {
    run(async {
        assert_eq!(
            names_seen(watcher::Config::default()).await,
            ["before", "after"]
        );
    });
}

#[test]
fn the_watcher_streams_its_list() {
    run(async {
        assert_eq!(
            names_seen(watcher::Config::default().streaming_lists()).await,
            ["before", "after"]
        );
    });
}

#[test]
fn the_watcher_recovers_from_compaction() {
    run(async {
        let server = server();
        let client = server.client();
        create(&client, "a").await;
        let stream = watcher(maps(&client), watcher::Config::default())
            .default_backoff()
            .applied_objects();
        let mut stream = std::pin::pin!(stream);
        stream
            .try_next()
            .await
            .expect("a stream")
            .expect("an object");
        for name in ["b", "c"] {
            create(&client, name).await;
        }
        server.compact();
        let mut seen = std::collections::BTreeSet::new();
        while seen.len() < 3 {
            if let Some(Ok(object)) = stream.next().await {
                seen.insert(object.name_any());
            }
        }
    });
}

#[test]
fn conditions_are_awaited() {
    run(async {
        let client = server().client();
        let pods: Api<Pod> = Api::namespaced(client, "default");
        let object = serde_json::from_value(pod("p")).expect("a Pod");
        pods.create(&PostParams::default(), &object)
            .await
            .expect("created");
        let running = await_condition(pods.clone(), "p", conditions::is_pod_running());
        let (live, once) = (PatchParams::default(), DeleteParams::default());
        let start = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let patch = Patch::Merge(json!({"status": {"phase": "Running"}}));
            pods.patch_status("p", &live, &patch)
                .await
                .expect("patched");
        };
        let (seen, ()) = futures::join!(running, start);
        let uid = seen
            .expect("running")
            .and_then(|p| p.metadata.uid)
            .expect("a uid");
        let gone = await_condition(pods.clone(), "p", conditions::is_deleted(&uid));
        let delete = pods.delete("p", &once);
        let (gone, deleted) = futures::join!(gone, delete);
        gone.expect("gone");
        deleted.expect("deleted");
    });
}

#[test]
fn a_reflector_mirrors_the_collection() {
    run(async {
        let client = server().client();
        create(&client, "a").await;
        let (reader, writer) = reflector::store();
        let stream =
            reflector(writer, watcher(maps(&client), watcher::Config::default())).applied_objects();
        let mut stream = std::pin::pin!(stream);
        stream
            .try_next()
            .await
            .expect("a stream")
            .expect("an object");
        // The store is filled while the stream is polled, so both go on together.
        tokio::select! {
            biased;
            _ = stream.next() => panic!("nothing else changes"),
            ready = reader.wait_until_ready() => ready.expect("filled"),
        }
        assert_eq!(reader.state().len(), 1);
    });
}

#[test]
fn a_controller_reconciles() {
    run(async {
        let client = server().client();
        create(&client, "a").await;
        let reconcile = |object: Arc<ConfigMap>, client: Arc<Client>| async move {
            let patch = Patch::Apply(
                json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"seen": "yes"}}),
            );
            let params = PatchParams::apply("controller").force();
            maps(&client)
                .patch(&object.name_any(), &params, &patch)
                .await?;
            Ok::<_, kube::Error>(Action::await_change())
        };
        let policy = |_: Arc<ConfigMap>, _: &kube::Error, _: Arc<Client>| {
            Action::requeue(Duration::from_secs(1))
        };
        let controller = Controller::new(maps(&client), watcher::Config::default());
        let mut runs = controller
            .run(reconcile, policy, Arc::new(client.clone()))
            .boxed();
        runs.next().await.expect("a run").expect("reconciled");
        let data = maps(&client)
            .get("a")
            .await
            .expect("there")
            .data
            .expect("data");
        assert_eq!(data.get("seen").map(String::as_str), Some("yes"));
    });
}

#[test]
fn the_finalizer_helper_applies_and_cleans_up() {
    run(async {
        let client = server().client();
        create(&client, "a").await;
        let api = maps(&client);
        let step = async |cleanups: &mut u32| {
            let object = Arc::new(api.get("a").await.expect("there"));
            let outcome = finalizer(&api, "example.com/hold", object, |event| {
                *cleanups += u32::from(matches!(event, Event::Cleanup(_)));
                std::future::ready(Ok::<_, std::convert::Infallible>(Action::await_change()))
            });
            outcome.await.expect("a step");
        };
        let mut cleanups = 0;
        step(&mut cleanups).await;
        api.delete("a", &DeleteParams::default())
            .await
            .expect("marked");
        step(&mut cleanups).await;
        assert_eq!(cleanups, 1);
        assert!(api.get_opt("a").await.expect("an answer").is_none());
    });
}

#[test]
fn discovery_finds_everything_in_both_forms() {
    run(async {
        let client = server().client();
        for discovery in [
            Discovery::new(client.clone())
                .run()
                .await
                .expect("group by group"),
            Discovery::new(client)
                .run_aggregated()
                .await
                .expect("all at once"),
        ] {
            let apps = discovery.get("apps").expect("the group");
            let (resource, _) = apps.recommended_kind("Deployment").expect("the kind");
            assert_eq!(
                (resource.plural.as_str(), resource.version.as_str()),
                ("deployments", "v1")
            );
        }
    });
}

#[test]
fn exec_is_refused_by_name() {
    run(async {
        let client = server().client();
        let pods: Api<Pod> = Api::namespaced(client, "default");
        let object = serde_json::from_value(pod("p")).expect("a Pod");
        pods.create(&PostParams::default(), &object)
            .await
            .expect("created");
        let Err(refused) = pods.exec("p", ["true"], &AttachParams::default()).await else {
            panic!("nothing can be run in a pod without a kubelet");
        };
        assert!(refused.to_string().contains("501"), "{refused}");
    });
}
