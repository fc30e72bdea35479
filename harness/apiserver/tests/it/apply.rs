//! Server-side apply.

use apiserver::{ApiServer, Gvr, Options, PatchKind, Request, Status, User};
use serde_json::{Value, json};

use crate::kit::{run, server};

async fn apply(
    server: &ApiServer,
    manager: &str,
    force: bool,
    object: Value,
) -> Result<Value, Status> {
    let kind = object["kind"].as_str().expect("a kind").to_lowercase();
    let group = object["apiVersion"]
        .as_str()
        .and_then(|v| v.split_once('/'))
        .map_or("", |(g, _)| g);
    let gvr = Gvr::new(group, "v1", &format!("{kind}s"));
    let name = object["metadata"]["name"]
        .as_str()
        .expect("a name")
        .to_owned();
    let options = Options {
        field_manager: Some(manager.to_owned()),
        force,
        ..Options::default()
    };
    let request = Request::patch(
        PatchKind::Apply,
        &gvr,
        "default",
        &name,
        object,
        &User::admin(),
    );
    let answer = server.call(request.with(options)).await?;
    Ok(answer.object().expect("an object").whole().into())
}

fn map(data: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": data})
}

fn service(ports: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": {"ports": ports}})
}

#[test]
fn an_apply_owns_what_it_says() {
    run(async {
        let made = apply(&server(), "me", false, map(json!({"a": "1"})))
            .await
            .expect("created");
        let fields = &made["metadata"]["managedFields"][0];
        assert_eq!(
            (&fields["manager"], &fields["operation"]),
            (&json!("me"), &json!("Apply"))
        );
        assert_eq!(fields["fieldsV1"], json!({"f:data": {"f:a": {}}}));
    });
}

#[test]
fn another_managers_field_conflicts_unless_forced() {
    run(async {
        let server = server();
        apply(&server, "me", false, map(json!({"a": "1"})))
            .await
            .expect("created");
        let status = apply(&server, "you", false, map(json!({"a": "2"})))
            .await
            .expect_err("a conflict");
        assert_eq!((status.code, status.reason), (409, "Conflict"));
        assert_eq!(
            status.message,
            "Apply failed with 1 conflict: conflict with \"me\": .data.a"
        );
        let cause = &status.details.expect("details").causes[0];
        assert_eq!(
            (cause.reason, cause.field.as_str()),
            ("FieldManagerConflict", ".data.a")
        );
        let taken = apply(&server, "you", true, map(json!({"a": "2"})))
            .await
            .expect("forced");
        assert_eq!(
            taken["metadata"]["managedFields"].as_array().map(Vec::len),
            Some(1)
        );
    });
}

#[test]
fn equal_values_are_shared_without_conflict() {
    run(async {
        let server = server();
        apply(&server, "me", false, map(json!({"a": "1"})))
            .await
            .expect("created");
        let both = apply(&server, "you", false, map(json!({"a": "1"})))
            .await
            .expect("the same value");
        assert_eq!(
            both["metadata"]["managedFields"].as_array().map(Vec::len),
            Some(2)
        );
        let one = apply(&server, "me", false, map(json!({})))
            .await
            .expect("given up");
        assert_eq!(one["data"], json!({"a": "1"}));
    });
}

#[test]
fn what_is_no_longer_applied_is_removed() {
    run(async {
        let server = server();
        apply(&server, "me", false, map(json!({"a": "1", "b": "2"})))
            .await
            .expect("created");
        let rest = apply(&server, "me", false, map(json!({"b": "2"})))
            .await
            .expect("applied");
        assert_eq!(rest["data"], json!({"b": "2"}));
    });
}

#[test]
fn an_apply_without_difference_keeps_the_version() {
    run(async {
        let server = server();
        let first = apply(&server, "me", false, map(json!({"a": "1"})))
            .await
            .expect("created");
        tokio::time::sleep(std::time::Duration::from_secs(5)).await;
        let second = apply(&server, "me", false, map(json!({"a": "1"})))
            .await
            .expect("applied");
        assert_eq!(first, second);
        let port = service(json!([{"port": 80, "name": "http"}]));
        let first = apply(&server, "me", false, port.clone())
            .await
            .expect("created");
        let second = apply(&server, "me", false, port).await.expect("applied");
        assert_eq!(first, second);
    });
}

#[test]
fn list_items_have_owners_of_their_own() {
    run(async {
        let server = server();
        apply(
            &server,
            "me",
            false,
            service(json!([{"port": 80, "name": "http"}])),
        )
        .await
        .expect("created");
        let both = apply(
            &server,
            "you",
            false,
            service(json!([{"port": 443, "name": "https"}])),
        )
        .await
        .expect("added");
        assert_eq!(both["spec"]["ports"].as_array().map(Vec::len), Some(2));
        let fields = both["metadata"]["managedFields"]
            .as_array()
            .expect("owners");
        let yours = fields
            .iter()
            .find(|f| f["manager"] == "you")
            .expect("an owner");
        let item = &yours["fieldsV1"]["f:spec"]["f:ports"]["k:{\"port\":443,\"protocol\":\"TCP\"}"];
        assert_eq!(item, &json!({".": {}, "f:name": {}, "f:port": {}}));
        let one = apply(&server, "you", false, service(json!([])))
            .await
            .expect("given up");
        assert_eq!(one["spec"]["ports"].as_array().map(Vec::len), Some(1));
    });
}

#[test]
fn an_update_takes_ownership_of_what_it_changes() {
    run(async {
        let server = server();
        apply(&server, "me", false, map(json!({"a": "1", "b": "1"})))
            .await
            .expect("created");
        let maps = Gvr::core("configmaps");
        let patch = json!({"data": {"a": "2"}});
        let options = Options {
            field_manager: Some("editor".to_owned()),
            ..Options::default()
        };
        let request = Request::patch(
            PatchKind::Merge,
            &maps,
            "default",
            "c",
            patch,
            &User::admin(),
        );
        server.call(request.with(options)).await.expect("a patch");
        let status = apply(&server, "me", false, map(json!({"a": "1", "b": "1"})))
            .await
            .expect_err("a conflict");
        assert_eq!(
            status.message,
            "Apply failed with 1 conflict: conflict with \"editor\" using v1: .data.a"
        );
    });
}
