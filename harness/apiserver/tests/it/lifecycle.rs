//! Finalizers, grace periods, namespaces, sub-resources.

use apiserver::json::Value;
use apiserver::{ApiServer, Gvr, PatchKind, Request, Status, User};
use serde_json::json;

use crate::kit::{config_map, deployment, pod, run, server};

async fn create(server: &ApiServer, gvr: &Gvr, object: impl Into<Value>) -> Result<Value, Status> {
    let answer = server
        .call(Request::create(gvr, object, &User::admin()))
        .await?;
    Ok(Value::clone(answer.object().expect("an object")))
}

async fn merge(server: &ApiServer, gvr: &Gvr, name: &str, patch: impl Into<Value>) -> Value {
    let request = Request::patch(
        PatchKind::Merge,
        gvr,
        "default",
        name,
        patch,
        &User::admin(),
    );
    Value::clone(
        server
            .call(request)
            .await
            .expect("a patch")
            .object()
            .expect("an object"),
    )
}

async fn get(server: &ApiServer, gvr: &Gvr, name: &str) -> Result<Value, Status> {
    let answer = server
        .call(Request::get(gvr, "default", name, &User::admin()))
        .await?;
    Ok(Value::clone(answer.object().expect("an object")))
}

async fn delete(server: &ApiServer, gvr: &Gvr, name: &str) -> Result<Value, Status> {
    let answer = server
        .call(Request::delete(gvr, "default", name, &User::admin()))
        .await?;
    Ok(Value::clone(answer.object().expect("an object")))
}

#[test]
fn a_finalizer_holds_a_deleted_object() {
    run(async {
        let server = server();
        let maps = Gvr::core("configmaps");
        let mut object = config_map("c", json!({}));
        object["metadata"]["finalizers"] = json!(["example.com/hold"]);
        create(&server, &maps, object).await.expect("valid");
        let held = delete(&server, &maps, "c").await.expect("marked");
        assert_ne!(held["metadata"]["deletionTimestamp"], Value::Null);
        merge(
            &server,
            &maps,
            "c",
            json!({"metadata": {"finalizers": null}}),
        )
        .await;
        assert_eq!(get(&server, &maps, "c").await.expect_err("gone").code, 404);
    });
}

#[test]
fn a_running_pod_is_given_time() {
    run(async {
        let server = server();
        let pods = Gvr::core("pods");
        let mut object = pod("p");
        object["spec"]["nodeName"] = "n".into();
        create(&server, &pods, object).await.expect("valid");
        let ending = delete(&server, &pods, "p").await.expect("marked");
        assert_eq!(ending["metadata"]["deletionGracePeriodSeconds"], 30);
        assert_eq!(
            ending["metadata"]["deletionTimestamp"],
            "2026-01-01T00:00:30Z"
        );
        let mut now = Request::delete(&pods, "default", "p", &User::admin());
        now.body = json!({"gracePeriodSeconds": 0}).into();
        server.call(now).await.expect("the kubelet's deletion");
        assert_eq!(get(&server, &pods, "p").await.expect_err("gone").code, 404);
    });
}

#[test]
fn a_recreated_object_has_another_uid() {
    run(async {
        let server = server();
        let maps = Gvr::core("configmaps");
        let first = create(&server, &maps, config_map("c", json!({})))
            .await
            .expect("valid");
        delete(&server, &maps, "c").await.expect("deleted");
        let second = create(&server, &maps, config_map("c", json!({})))
            .await
            .expect("valid");
        assert_ne!(first["metadata"]["uid"], second["metadata"]["uid"]);
    });
}

#[test]
fn an_ending_namespace_takes_nothing_new() {
    run(async {
        let server = server();
        let namespaces = Gvr::core("namespaces");
        let own = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "ns"}});
        create(&server, &namespaces, own).await.expect("valid");
        let ending = Request::delete(&namespaces, "", "ns", &User::admin());
        server.call(ending).await.expect("marked");
        let mut object = config_map("c", json!({}));
        object["metadata"]["namespace"] = "ns".into();
        let status = create(&server, &Gvr::core("configmaps"), object.clone())
            .await
            .expect_err("ending");
        assert_eq!(
            (
                status.code,
                status.details.expect("details").causes[0].reason
            ),
            (403, "NamespaceTerminating")
        );
        object["metadata"]["namespace"] = "nowhere".into();
        let status = create(&server, &Gvr::core("configmaps"), object)
            .await
            .expect_err("missing");
        assert_eq!(
            (status.code, status.message.as_str()),
            (404, "namespaces \"nowhere\" not found")
        );
    });
}

#[test]
fn spec_and_status_are_written_apart() {
    run(async {
        let server = server();
        let gvr = Gvr::new("apps", "v1", "deployments");
        create(&server, &gvr, deployment("web"))
            .await
            .expect("valid");
        let both = json!({"spec": {"replicas": 3}, "status": {"replicas": 3}});
        let whole = merge(&server, &gvr, "web", both.clone()).await;
        assert_eq!(
            (&whole["spec"]["replicas"], &whole["status"]),
            (&3.into(), &json!({}).into())
        );
        let both = json!({"spec": {"replicas": 5}, "status": {"replicas": 3}});
        let request = Request::patch(
            PatchKind::Merge,
            &gvr,
            "default",
            "web",
            both,
            &User::admin(),
        );
        let answer = server.call(request.at("status")).await.expect("a patch");
        let object = answer.object().expect("an object");
        assert_eq!(
            (&object["spec"]["replicas"], &object["status"]["replicas"]),
            (&3.into(), &3.into())
        );
        assert_eq!(object["metadata"]["generation"], 2);
    });
}

#[test]
fn scale_changes_the_replicas() {
    run(async {
        let server = server();
        let gvr = Gvr::new("apps", "v1", "deployments");
        create(&server, &gvr, deployment("web"))
            .await
            .expect("valid");
        let patch = json!({"spec": {"replicas": 4}});
        let request = Request::patch(
            PatchKind::Merge,
            &gvr,
            "default",
            "web",
            patch,
            &User::admin(),
        );
        let scale = server.call(request.at("scale")).await.expect("scaled");
        assert_eq!(scale.object().expect("a scale")["spec"]["replicas"], 4);
        assert_eq!(
            get(&server, &gvr, "web").await.expect("there")["spec"]["replicas"],
            4
        );
    });
}
