//! What istiod writes into clusters: its root certificate into every namespace, and its CA into
//! the webhooks that call it.

use std::{collections::BTreeMap, sync::Arc};

use apiserver::{
    Gvr, Object, PatchKind, Request,
    json::{Value, json},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use istio::version::Flag;
use pki::Roots;
use sim::{
    cluster::Key,
    remote::{AskError, Remote},
};

use super::source::{
    follow::{key, text},
    table::Tables,
    webhooks,
};
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

/// The root certificates that istiod writes.
#[derive(Debug)]
pub(crate) struct Bundle {
    /// As ConfigMaps have them.
    pub(crate) pem: String,
    /// As webhooks have them: the same in base64.
    pub(crate) encoded: Value,
}

impl Bundle {
    pub(crate) fn new(roots: &Roots) -> Self {
        let pem = roots.to_pem();
        Self {
            encoded: STANDARD.encode(&pem).into(),
            pem,
        }
    }
}

/// What is to be written into one cluster.
#[derive(Debug, Default)]
pub(crate) struct Missing {
    /// Namespaces, and whether their ConfigMap exists.
    pub(crate) namespaces: Vec<(String, bool)>,
    pub(crate) webhooks: Vec<Arc<Object>>,
}

impl Missing {
    pub(crate) fn is_nothing(&self) -> bool {
        self.namespaces.is_empty() && self.webhooks.is_empty()
    }
}

/// The roots that namespaces shall have, and those that whoever asks wrote already: a remote's
/// ConfigMaps are not watched.
pub(crate) struct Wanted<'a> {
    pub(crate) roots: &'a Bundle,
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
            !NEVER.contains(&name) && !ending && known.is_none_or(|pem| *pem != wanted.roots.pem);
        lacks.then(|| (name.to_owned(), known.is_some()))
    });
    without.collect()
}

/// The webhooks of the istiod's revision that have another CA or none.
pub(crate) fn webhooks_without(
    tables: &Tables,
    plane: &ControlPlane,
    roots: &Bundle,
) -> Vec<Arc<Object>> {
    let lacks = |hook: &Value| hook["clientConfig"]["caBundle"] != roots.encoded;
    let own = tables.webhooks.values().filter(|hooks| is_of(hooks, plane));
    own.filter(|hooks| each(hooks).any(lacks))
        .cloned()
        .collect()
}

/// The webhooks of a configuration.
fn each(hooks: &Object) -> impl Iterator<Item = &Value> {
    hooks["webhooks"].as_array().into_iter().flatten()
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
    tag.is_some_and(|hooks| of_revision(hooks) == Some(revision(plane)))
}

/// Whether a webhook configuration is of the istiod's revision.
fn is_of(hooks: &Object, plane: &ControlPlane) -> bool {
    of_revision(hooks) == Some(revision(plane))
        && hooks["metadata"]["labels"]["app"] == "sidecar-injector"
}

fn of_revision(hooks: &Object) -> Option<&str> {
    hooks["metadata"]["labels"]["istio.io/rev"].as_str()
}

/// Writes what is missing. Returns the namespaces that have the root now, and why others do not.
pub(crate) async fn write(
    server: &Remote,
    missing: Missing,
    roots: &Bundle,
) -> (Vec<String>, Vec<String>) {
    let (mut done, mut failed) = (Vec::new(), Vec::new());
    for (namespace, exists) in missing.namespaces {
        match write_root(server, &namespace, exists, &roots.pem).await {
            Ok(()) => done.push(namespace),
            Err(error) => failed.push(format!("{ROOT_MAP} in {namespace}: {}", text(&error))),
        }
    }
    for hooks in missing.webhooks {
        if let Err(error) = patch_webhooks(server, &hooks, roots).await {
            let name = key(&hooks).name;
            failed.push(format!("caBundle of {name}: {}", text(&error)));
        }
    }
    (done, failed)
}

async fn write_root(
    server: &Remote,
    namespace: &str,
    exists: bool,
    roots: &str,
) -> Result<(), AskError> {
    let maps = Gvr::core("configmaps");
    let map = json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {
            "name": ROOT_MAP, "namespace": namespace, "labels": {"istio.io/config": "true"},
        },
        "data": {ROOT_KEY: roots},
    });
    if !exists {
        let asked = server.write(|user| Request::create(&maps, map.clone(), user));
        match asked.await {
            Err(AskError::Refused(status)) if status.code == 409 => {}
            created => return created.map(drop),
        }
    }
    let asked = server.write(|user| Request::update(&maps, map, user));
    asked.await.map(drop)
}

/// Writes the CA into every webhook of a configuration, as it was read: a strategic merge finds
/// webhooks by their names. The answer is not looked at: its news brings it.
async fn patch_webhooks(server: &Remote, hooks: &Object, roots: &Bundle) -> Result<(), AskError> {
    let believed = each(hooks).map(|hook| {
        json!({"name": hook["name"].clone(), "clientConfig": {"caBundle": roots.encoded.clone()}})
    });
    let believed: Vec<Value> = believed.collect();
    let patch = json!({
        "metadata": {"resourceVersion": hooks["metadata"]["resourceVersion"].clone()},
        "webhooks": believed,
    });
    let (name, how) = (key(hooks).name, PatchKind::StrategicMerge);
    let all = webhooks().resource;
    let asked = server.write(|user| Request::patch(how, &all, "", &name, patch, user));
    match asked.await {
        // It has changed since it was read: its news brings it here again.
        Err(AskError::Refused(status)) if status.code == 409 => Ok(()),
        patched => patched.map(drop),
    }
}

/// The webhooks of a remote cluster, which is not watched for them; `None` if they cannot be read.
pub(crate) async fn remote_webhooks(
    server: &Remote,
    plane: &ControlPlane,
    roots: &Bundle,
) -> Option<Missing> {
    let list = server.list(&webhooks()).await.ok()?;
    let mut tables = Tables::default();
    for object in list.items {
        tables.webhooks.insert(key(&object), object);
    }
    Some(Missing {
        namespaces: Vec::new(),
        webhooks: webhooks_without(&tables, plane, roots),
    })
}
