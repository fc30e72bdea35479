//! Admission by webhooks.

use std::sync::{Arc, Mutex};

use apiserver::{
    ApiServer, Gvr, Handlers, Request, Status, User, WebhookCall, WebhookError, WebhookTransport,
    json,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use futures::{FutureExt, future::BoxFuture};
use serde_json::{Value, json};

use crate::kit::{config, config_map, run};

/// Answers by the webhook's name, and remembers who was asked.
#[derive(Default)]
struct Hooks(Mutex<Vec<String>>);

impl WebhookTransport for Hooks {
    fn review(&self, call: WebhookCall) -> BoxFuture<'_, Result<json::Value, WebhookError>> {
        self.0
            .lock()
            .expect("no test panics here")
            .push(call.webhook.clone());
        let request = &call.review["request"];
        let mut response = json!({"uid": request["uid"], "allowed": true});
        match call.webhook.as_str() {
            "label.example.com" => {
                let patch =
                    json!([{"op": "add", "path": "/metadata/labels", "value": {"hooked": "yes"}}]);
                response["patchType"] = "JSONPatch".into();
                response["patch"] = STANDARD.encode(patch.to_string()).into();
            }
            "deny.example.com" => {
                response["allowed"] = false.into();
                response["status"] = json!({"message": "not today"});
            }
            _ => return async { Err(WebhookError("connection refused".to_owned())) }.boxed(),
        }
        async move { Ok(json!({"response": response}).into()) }.boxed()
    }
}

fn configuration(kind: &str, hook: &str, policy: &str) -> Value {
    json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": kind, "metadata": {"name": "hooks"},
        "webhooks": [{"name": hook, "sideEffects": "None", "admissionReviewVersions": ["v1"],
            "failurePolicy": policy, "clientConfig": {"url": "https://hook.example.com"},
            "objectSelector": {"matchExpressions": [{"key": "skip", "operator": "DoesNotExist"}]},
            "rules": [{"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"]}]}]})
}

async fn created(
    kind: &str,
    hook: &str,
    policy: &str,
    object: Value,
) -> (Result<Value, Status>, usize) {
    let hooks = Arc::new(Hooks::default());
    let handlers = Handlers {
        webhooks: Some(hooks.clone()),
        ..Handlers::default()
    };
    let server = ApiServer::with_handlers(config(), handlers);
    let plural = format!("{}s", kind.to_lowercase());
    let gvr = Gvr::new("admissionregistration.k8s.io", "v1", &plural);
    let request = Request::create(&gvr, configuration(kind, hook, policy), &User::admin());
    server.call(request).await.expect("a configuration");
    let answer = server
        .call(Request::create(
            &Gvr::core("configmaps"),
            object,
            &User::admin(),
        ))
        .await;
    let asked = hooks.0.lock().expect("no test panics here").len();
    (
        answer.map(|a| a.object().expect("an object").whole().into()),
        asked,
    )
}

#[test]
fn a_mutating_webhook_changes_the_object() {
    run(async {
        let object = config_map("c", json!({}));
        let (made, _) = created(
            "MutatingWebhookConfiguration",
            "label.example.com",
            "Fail",
            object,
        )
        .await;
        assert_eq!(
            made.expect("admitted")["metadata"]["labels"],
            json!({"hooked": "yes"})
        );
    });
}

#[test]
fn a_validating_webhook_denies() {
    run(async {
        let object = config_map("c", json!({}));
        let (made, _) = created(
            "ValidatingWebhookConfiguration",
            "deny.example.com",
            "Fail",
            object,
        )
        .await;
        let status = made.expect_err("denied");
        assert_eq!(
            (status.code, status.message.as_str()),
            (
                400,
                "admission webhook \"deny.example.com\" denied the request: not today"
            )
        );
    });
}

#[test]
fn the_failure_policy_decides_about_unreachable_webhooks() {
    run(async {
        let kind = "ValidatingWebhookConfiguration";
        let (made, _) = created(kind, "lost.example.com", "Fail", config_map("c", json!({}))).await;
        assert_eq!(made.expect_err("must be reached").code, 500);
        let (made, asked) = created(
            kind,
            "lost.example.com",
            "Ignore",
            config_map("c", json!({})),
        )
        .await;
        assert!(made.is_ok());
        assert_eq!(asked, 1);
    });
}

#[test]
fn unselected_objects_are_not_shown_to_webhooks() {
    run(async {
        let mut object = config_map("c", json!({}));
        object["metadata"]["labels"] = json!({"skip": "1"});
        let (made, asked) = created(
            "ValidatingWebhookConfiguration",
            "deny.example.com",
            "Fail",
            object,
        )
        .await;
        assert!(made.is_ok());
        assert_eq!(asked, 0);
    });
}
