//! Custom resources.

use apiserver::{ApiServer, Gvr, Request, Status, User};
use serde_json::{Value, json};

use crate::kit::{run, server};

fn definition() -> Value {
    json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.com"},
        "spec": {"group": "example.com", "scope": "Namespaced",
            "names": {"plural": "widgets", "kind": "Widget"},
            "versions": [{"name": "v1", "served": true, "storage": true,
                "subresources": {"status": {}},
                "schema": {"openAPIV3Schema": {"type": "object", "properties": {
                    "spec": {"type": "object", "required": ["size"], "properties": {
                        "size": {"type": "integer", "minimum": 1},
                        "colour": {"type": "string", "default": "red", "enum": ["red", "blue"]}}},
                    "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}}}]}})
}

fn widget(spec: Value) -> Value {
    json!({"apiVersion": "example.com/v1", "kind": "Widget",
        "metadata": {"name": "w", "namespace": "default"}, "spec": spec})
}

async fn create(server: &ApiServer, gvr: &Gvr, object: Value) -> Result<Value, Status> {
    let answer = server
        .call(Request::create(gvr, object, &User::admin()))
        .await?;
    Ok(answer.object().expect("an object").whole().into())
}

async fn defined() -> ApiServer {
    let server = server();
    let gvr = Gvr::new("apiextensions.k8s.io", "v1", "customresourcedefinitions");
    create(&server, &gvr, definition())
        .await
        .expect("a definition");
    let live = server
        .call(Request::get(
            &gvr,
            "",
            "widgets.example.com",
            &User::admin(),
        ))
        .await
        .expect("there");
    let conditions = live.object().expect("an object")["status"]["conditions"].clone();
    assert_eq!(conditions[1]["type"], "Established");
    server
}

#[test]
fn unknown_fields_are_dropped_and_defaults_set() {
    run(async {
        let server = defined().await;
        let gvr = Gvr::new("example.com", "v1", "widgets");
        let made = create(&server, &gvr, widget(json!({"size": 2, "shape": "round"})))
            .await
            .expect("valid");
        assert_eq!(made["spec"], json!({"size": 2, "colour": "red"}));
        assert_eq!(made["metadata"]["generation"], 1);
    });
}

#[test]
fn the_schema_is_enforced() {
    run(async {
        let server = defined().await;
        let gvr = Gvr::new("example.com", "v1", "widgets");
        for (spec, message) in [
            (
                json!({}),
                "Widget.example.com \"w\" is invalid: spec.size: Required value",
            ),
            (
                json!({"size": 0}),
                "Widget.example.com \"w\" is invalid: spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1",
            ),
            (
                json!({"size": 1, "colour": "green"}),
                "Widget.example.com \"w\" is invalid: spec.colour: Unsupported value: \"green\": supported values: \"red\", \"blue\"",
            ),
        ] {
            let status = create(&server, &gvr, widget(spec))
                .await
                .expect_err("invalid");
            assert_eq!((status.code, status.message.as_str()), (422, message));
        }
    });
}

#[test]
fn a_definition_that_goes_takes_its_objects_along() {
    run(async {
        let server = defined().await;
        let gvr = Gvr::new("example.com", "v1", "widgets");
        create(&server, &gvr, widget(json!({"size": 2})))
            .await
            .expect("valid");
        let definitions = Gvr::new("apiextensions.k8s.io", "v1", "customresourcedefinitions");
        server
            .call(Request::delete(
                &definitions,
                "",
                "widgets.example.com",
                &User::admin(),
            ))
            .await
            .expect("gone");
        let status = server
            .call(Request::list(&gvr, "", &User::admin()))
            .await
            .expect_err("not served");
        assert_eq!(status.code, 404);
    });
}
