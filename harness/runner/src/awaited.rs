//! What a stage of an installation waits for, as conditions on objects.

use std::time::Duration;

use engine::{Condition, ObjectRef, State, condition, wait};
use manifest::{At, Await};
use serde_json::Value;

use crate::{Result, error::Doing as _, install, site::Site};

/// How long one part of an installation may take, images and all: what is not there by then does
/// not come.
const PATIENCE: Duration = Duration::from_secs(300);

/// Waits for everything that a stage promises.
///
/// # Errors
/// What did not come within the patience of one part.
pub(crate) async fn all(site: &Site<'_>, stage: &str, awaits: &[Await]) -> Result<()> {
    for awaited in awaits {
        wait_for(site, awaited).await?;
        install::note(site, stage, &awaited.to_string());
    }
    Ok(())
}

async fn wait_for(site: &Site<'_>, awaited: &Await) -> Result<()> {
    let (object, until) = awaited_object(awaited);
    let met = wait::all(
        site.kinds(awaited.cluster()),
        [(object, until)],
        site.deadline.within(PATIENCE),
    );
    met.await.doing(format!("wait until {awaited}"))
}

fn awaited_object(awaited: &Await) -> (ObjectRef, Condition) {
    let namespaced = |api_version, kind, at: &At| {
        ObjectRef::namespaced(api_version, kind, at.namespace.as_str(), at.name.as_str())
    };
    match awaited {
        Await::Available(at) => (
            namespaced("apps/v1", "Deployment", at),
            condition::ready("Deployment"),
        ),
        Await::Address(at) => (
            namespaced("v1", "Service", at),
            condition::has_load_balancer_address(),
        ),
        Await::SecretKey { secret, key } => (namespaced("v1", "Secret", secret), has_key(key)),
        Await::ConfigMapKey { config_map, key } => {
            (namespaced("v1", "ConfigMap", config_map), has_key(key))
        }
        Await::CaBundle { webhooks, .. } => {
            let (version, kind) = (
                "admissionregistration.k8s.io/v1",
                "MutatingWebhookConfiguration",
            );
            (
                ObjectRef::cluster_wide(version, kind, webhooks.as_str()),
                has_ca_bundles(),
            )
        }
    }
}

fn has_key(key: &str) -> Condition {
    let key = key.to_owned();
    Condition::on(format!("filled in at {key}"), move |object| {
        match object
            .data
            .get("data")
            .and_then(|data| data.get(&key))
            .and_then(Value::as_str)
        {
            Some(text) if !text.is_empty() => State::Met,
            _ => State::Unmet(format!("it has no {key} yet")),
        }
    })
}

fn has_ca_bundles() -> Condition {
    Condition::on("given a caBundle", |object| {
        let webhooks = object.data.get("webhooks").and_then(Value::as_array);
        let bundled = |webhook: &Value| {
            webhook
                .pointer("/clientConfig/caBundle")
                .and_then(Value::as_str)
                .is_some_and(|b| !b.is_empty())
        };
        match webhooks.is_some_and(|all| all.iter().all(bundled)) {
            true => State::Met,
            false => State::Unmet("a webhook has no caBundle yet".to_owned()),
        }
    })
}
