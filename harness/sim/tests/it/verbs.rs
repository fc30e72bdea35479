//! The verbs of `engine` over simulated clusters.

use engine::{Apply, Error, apply, diagnose};
use serde_json::json;
use sim::runtime;

use crate::kit::{deployment, kinds, namespace, settle, soon, up};

#[test]
fn a_field_of_another_manager_is_a_conflict_unless_forced() {
    runtime::run(async {
        let sim = up(1, 1).await;
        let kinds = kinds(&sim, 1);
        settle(&kinds, &[namespace(), deployment("sleep", "v1", 1)]).await;
        let other = Apply::new(kinds, "other");
        let scaled = deployment("sleep", "v1", 2);
        let error = other.one(&scaled).await.unwrap_err();
        assert!(apply::is_conflict(&error), "{error}");
        assert!(error.to_string().contains(".spec.replicas"), "{error}");
        other.force().one(&scaled).await.unwrap();
    });
}

#[test]
fn a_kind_that_is_not_served_is_named() {
    runtime::run(async {
        let sim = up(1, 1).await;
        let gateway = json!({"apiVersion": "networking.istio.io/v1", "kind": "Gateway",
            "metadata": {"namespace": "default", "name": "a"}});
        let error = Apply::new(kinds(&sim, 1), "test")
            .one(&gateway)
            .await
            .unwrap_err();
        assert!(matches!(error, Error::UnknownKind { .. }), "{error}");
    });
}

#[test]
fn a_diagnosis_shows_pods_and_leaves_secrets_out() {
    runtime::run(async {
        let sim = up(1, 1).await;
        let kinds = kinds(&sim, 1);
        let secret = json!({"apiVersion": "v1", "kind": "Secret",
            "metadata": {"namespace": "sample", "name": "hidden"}, "stringData": {"a": "b"}});
        settle(&kinds, &[namespace(), secret, deployment("sleep", "v1", 1)]).await;
        let folder = diagnose::cluster(&kinds, soon()).await;
        assert!(folder["cluster1/pods.txt"].contains("1/1 Running 10.10.0.2 node1"));
        assert!(
            folder
                .keys()
                .any(|path| path.starts_with("cluster1/sample/Pod/sleep-v1-"))
        );
        assert!(!folder.values().any(|text| text.contains("hidden")));
        assert!(
            !folder.keys().any(|path| path.ends_with(".error.txt")),
            "{:?}",
            folder.keys()
        );
    });
}
