//! What istiod writes into clusters: its root certificate into every namespace, and its CA into
//! the webhooks that call it.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use istio::version::Flag;
use k8s_openapi::api::{
    admissionregistration::v1::{MutatingWebhook, MutatingWebhookConfiguration},
    core::v1::ConfigMap,
};
use kube::{
    Api, Client, Resource,
    api::{ListParams, Patch, PatchParams, PostParams, Request},
};
use serde::Serialize;
use serde_json::json;
use sim::cluster::Key;

use super::source::{follow::text, table::Tables};
use crate::snapshot::ControlPlane;

/// The ConfigMap that every proxy reads its first root from.
const ROOT_MAP: &str = "istio-ca-root-cert";
const ROOT_KEY: &str = "root-cert.pem";

/// Namespaces that never get it. Source: pkg/config/constants and
/// pilot/pkg/serviceregistry/kube/controller/namespacecontroller.go.
const NEVER: [&str; 4] = [
    "kube-system",
    "kube-public",
    "kube-node-lease",
    "local-path-storage",
];

/// The webhooks of the tag that makes a revision the default.
const DEFAULT_TAG: &str = "istio-revision-tag-default";

/// The annotation of a remote's system namespace that names the clusters whose istiods write there.
const WRITERS: &str = "topology.istio.io/controlPlaneClusters";

/// Whether an istiod writes into a cluster behind a remote secret: if it is one that serves
/// others, and the cluster's system namespace names it.
pub(crate) fn writes_into(tables: &Tables, plane: &ControlPlane) -> bool {
    let namespace = tables
        .namespaces
        .get(&Key::new("", plane.namespace.as_str()));
    let annotations = namespace.and_then(|n| n.metadata.annotations.as_ref());
    let writers = annotations
        .and_then(|all| all.get(WRITERS))
        .cloned()
        .unwrap_or_default();
    let named = |name: &str| name == "*" || name == plane.cluster.as_str();
    plane.flags.is_on(Flag::ExternalIstiod) && writers.split(',').map(str::trim).any(named)
}

/// What is to be written into one cluster.
#[derive(Debug, Default)]
pub(crate) struct Missing {
    /// Namespaces, and whether their ConfigMap exists.
    pub(crate) namespaces: Vec<(String, bool)>,
    pub(crate) webhooks: Vec<MutatingWebhookConfiguration>,
}

/// The roots that namespaces shall have, and those that whoever asks wrote already: a remote's
/// ConfigMaps are not watched.
pub(crate) struct Wanted<'a> {
    pub(crate) roots: &'a str,
    pub(crate) known: &'a BTreeMap<String, String>,
}

/// The namespaces of a cluster that have other roots or none, and whether their ConfigMap exists.
pub(crate) fn namespaces_without(tables: &Tables, wanted: &Wanted<'_>) -> Vec<(String, bool)> {
    let without = tables.namespaces.values().filter_map(|namespace| {
        let name = namespace.metadata.name.as_deref()?;
        let key = Key::new(name, ROOT_MAP);
        let kept = tables
            .config_maps
            .get(&key)
            .and_then(|map| map.data.as_ref()?.get(ROOT_KEY));
        let known = kept.or_else(|| wanted.known.get(name));
        let ending = namespace.metadata.deletion_timestamp.is_some();
        let lacks =
            !NEVER.contains(&name) && !ending && known.is_none_or(|pem| pem != wanted.roots);
        lacks.then(|| (name.to_owned(), known.is_some()))
    });
    without.collect()
}

/// The webhooks of the istiod's revision that have another CA or none.
pub(crate) fn webhooks_without(
    tables: &Tables,
    plane: &ControlPlane,
    roots: &str,
) -> Vec<MutatingWebhookConfiguration> {
    let own = tables.webhooks.values().filter(|hooks| is_of(hooks, plane));
    let unpatched = own.filter(|hooks| {
        let patched = |hook: &MutatingWebhook| {
            let bundle = hook.client_config.ca_bundle.as_ref();
            bundle.is_some_and(|bundle| bundle.0 == roots.as_bytes())
        };
        !hooks.webhooks.iter().flatten().all(patched)
    });
    unpatched
        .map(|hooks| MutatingWebhookConfiguration::clone(hooks))
        .collect()
}

/// The name of the istiod's revision.
pub(crate) fn revision(plane: &ControlPlane) -> &str {
    match plane.revision.as_str() {
        "" => "default",
        revision => revision,
    }
}

/// Whether the istiod's revision is the default of a cluster. Source: pkg/revisions/default_watcher.go.
pub(crate) fn is_default(tables: &Tables, plane: &ControlPlane) -> bool {
    let tag = tables.webhooks.get(&Key::new("", DEFAULT_TAG));
    let labels = tag.and_then(|hooks| hooks.metadata.labels.as_ref());
    let default = labels.and_then(|labels| labels.get("istio.io/rev"));
    default.is_some_and(|default| default == revision(plane))
}

/// Whether a webhook configuration is of the istiod's revision.
fn is_of(hooks: &MutatingWebhookConfiguration, plane: &ControlPlane) -> bool {
    let labels = hooks.metadata.labels.as_ref();
    let revision = labels.and_then(|labels| labels.get("istio.io/rev"));
    let injector = labels.and_then(|labels| labels.get("app"));
    revision.is_some_and(|named| named == self::revision(plane))
        && injector.is_some_and(|app| app == "sidecar-injector")
}

/// Writes what is missing. Returns the namespaces that have the root now, and why others do not.
pub(crate) async fn write(
    client: &Client,
    missing: Missing,
    roots: &str,
) -> (Vec<String>, Vec<String>) {
    let (mut done, mut failed) = (Vec::new(), Vec::new());
    for (namespace, exists) in missing.namespaces {
        match write_root(client, &namespace, exists, roots).await {
            Ok(()) => done.push(namespace),
            Err(error) => failed.push(format!("{ROOT_MAP} in {namespace}: {}", text(&error))),
        }
    }
    for hooks in missing.webhooks {
        let name = hooks.metadata.name.clone().unwrap_or_default();
        if let Err(error) = patch_webhooks(client, &hooks, roots).await {
            failed.push(format!("caBundle of {name}: {}", text(&error)));
        }
    }
    (done, failed)
}

async fn write_root(
    client: &Client,
    namespace: &str,
    exists: bool,
    roots: &str,
) -> kube::Result<()> {
    let maps: Api<ConfigMap> = Api::namespaced(client.clone(), namespace);
    let map: ConfigMap = serde_json::from_value(json!({
        "metadata": {"name": ROOT_MAP, "labels": {"istio.io/config": "true"}},
        "data": {ROOT_KEY: roots},
    }))
    .expect("a ConfigMap has these fields");
    if !exists {
        match maps.create(&PostParams::default(), &map).await {
            Err(kube::Error::Api(status)) if status.code == 409 => {}
            created => return created.map(drop),
        }
    }
    maps.replace(ROOT_MAP, &PostParams::default(), &map)
        .await
        .map(drop)
}

/// What is written of a configuration of webhooks: a strategic merge finds webhooks by their names.
#[derive(Debug, Serialize)]
struct Patched<'a> {
    metadata: Based<'a>,
    webhooks: Vec<Hook<'a>>,
}

/// The version that was read.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Based<'a> {
    resource_version: Option<&'a str>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Hook<'a> {
    name: &'a str,
    client_config: Believed<'a>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Believed<'a> {
    ca_bundle: &'a str,
}

/// Writes the CA into every webhook of a configuration, as it was read. The answer is not looked
/// at: its news brings it.
async fn patch_webhooks(
    client: &Client,
    hooks: &MutatingWebhookConfiguration,
    roots: &str,
) -> kube::Result<()> {
    let ca_bundle = STANDARD.encode(roots);
    let believed = hooks.webhooks.iter().flatten().map(|hook| Hook {
        name: &hook.name,
        client_config: Believed {
            ca_bundle: &ca_bundle,
        },
    });
    let patch = Patch::Strategic(Patched {
        metadata: Based {
            resource_version: hooks.metadata.resource_version.as_deref(),
        },
        webhooks: believed.collect(),
    });
    let name = hooks.metadata.name.as_deref().unwrap_or_default();
    let all = Request::new(MutatingWebhookConfiguration::url_path(&(), None));
    let asked = all.patch_metadata(name, &PatchParams::default(), &patch);
    let asked = asked.map_err(kube::Error::BuildRequest)?;
    match client.request_text(asked).await {
        // It has changed since it was read: its news brings it here again.
        Err(kube::Error::Api(status)) if status.code == 409 => Ok(()),
        patched => patched.map(drop),
    }
}

/// The webhooks of a remote cluster, which is not watched for them; `None` if they cannot be read.
pub(crate) async fn remote_webhooks(
    client: &Client,
    plane: &ControlPlane,
    roots: &str,
) -> Option<Missing> {
    let hooks: Api<MutatingWebhookConfiguration> = Api::all(client.clone());
    let list = hooks.list(&ListParams::default()).await.ok()?;
    let mut tables = Tables::default();
    for hook in list.items {
        let key = Key::new("", hook.metadata.name.clone().unwrap_or_default());
        tables.webhooks.insert(key, std::sync::Arc::new(hook));
    }
    Some(Missing {
        namespaces: Vec::new(),
        webhooks: webhooks_without(&tables, plane, roots),
    })
}
