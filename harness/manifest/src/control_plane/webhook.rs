//! The webhooks that ask an istiod to inject a sidecar: for a revision, for the default one, for
//! each tag.

use serde_json::{Value, json};

use crate::{
    Object,
    site::{ISTIO_SYSTEM, Site, Values},
};

/// The labels by which pods and namespaces choose.
const INJECT: &str = "sidecar.istio.io/inject";
const INJECTION: &str = "istio-injection";
const REVISION: &str = "istio.io/rev";

/// The name of a site's MutatingWebhookConfiguration.
pub(super) fn injector_name(site: &Site<'_>) -> String {
    in_namespace(site, site.revised("istio-sidecar-injector"))
}

/// The revision's own webhooks and those of its tags.
pub(super) fn injectors(site: &Site<'_>, values: &Values) -> Vec<Object> {
    let mut webhooks = by_revision(site, values, site.rev());
    if site.revision.name.is_none() {
        webhooks.extend(by_default(site, values));
    }
    let own = configuration(site, injector_name(site), None, webhooks);
    let tags = site.tags().into_iter().map(|tag| of_tag(site, values, tag));
    std::iter::once(own).chain(tags).collect()
}

/// The webhooks of a tag that points to the site's revision.
pub(crate) fn of_tag(site: &Site<'_>, values: &Values, tag: &str) -> Object {
    let mut webhooks = by_revision(site, values, tag);
    if tag == "default" {
        webhooks.extend(by_default(site, values));
    }
    let name = in_namespace(site, format!("istio-revision-tag-{tag}"));
    configuration(site, name, Some(tag), webhooks)
}

/// Outside of istio-system the names of cluster-wide objects carry the namespace.
fn in_namespace(site: &Site<'_>, name: String) -> String {
    match site.namespace() {
        ISTIO_SYSTEM => name,
        namespace => format!("{name}-{namespace}"),
    }
}

fn configuration(site: &Site<'_>, name: String, tag: Option<&str>, webhooks: Vec<Value>) -> Object {
    let mut labels = json!({
        "app": "sidecar-injector",
        "istio.io/rev": site.rev(),
        "operator.istio.io/component": "Pilot",
    });
    if let Some(tag) = tag {
        labels["istio.io/tag"] = json!(tag);
    }
    Object::rendered(json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": name, "labels": labels},
        "webhooks": webhooks,
    }))
}

/// The namespace names the revision or tag; or the pod does, in a namespace that says nothing.
fn by_revision(site: &Site<'_>, values: &Values, rev: &str) -> Vec<Value> {
    let namespace = [one_of(REVISION, rev), absent(INJECTION)];
    let silent = [absent(REVISION), absent(INJECTION)];
    vec![
        webhook(
            site,
            values,
            "rev.namespace.",
            &namespace,
            &[none_of(INJECT, "false")],
        ),
        webhook(
            site,
            values,
            "rev.object.",
            &silent,
            &[none_of(INJECT, "false"), one_of(REVISION, rev)],
        ),
    ]
}

/// The namespace opts in; or the pod does, in a namespace that says nothing.
fn by_default(site: &Site<'_>, values: &Values) -> Vec<Value> {
    let silent = [absent(INJECTION), absent(REVISION)];
    let mut webhooks = vec![
        webhook(
            site,
            values,
            "namespace.",
            &[one_of(INJECTION, "enabled")],
            &[none_of(INJECT, "false")],
        ),
        webhook(
            site,
            values,
            "object.",
            &silent,
            &[one_of(INJECT, "true"), absent(REVISION)],
        ),
    ];
    if values.flag("/sidecarInjectorWebhook/enableNamespacesByDefault") {
        let system = json!({
            "key": "kubernetes.io/metadata.name",
            "operator": "NotIn",
            "values": ["kube-system", "kube-public", "kube-node-lease", "local-path-storage"],
        });
        let [injection, revision] = silent;
        let silent = [injection, revision, system];
        let pods = [absent(INJECT), absent(REVISION)];
        webhooks.push(webhook(site, values, "auto.", &silent, &pods));
    }
    webhooks
}

fn webhook(
    site: &Site<'_>,
    values: &Values,
    prefix: &str,
    namespaces: &[Value],
    pods: &[Value],
) -> Value {
    json!({
        "admissionReviewVersions": ["v1"],
        "clientConfig": client(site, values),
        "failurePolicy": "Fail",
        "name": format!("{prefix}sidecar-injector.istio.io"),
        "namespaceSelector": {"matchExpressions": namespaces},
        "objectSelector": {"matchExpressions": pods},
        "reinvocationPolicy": "Never",
        "rules": [{
            "apiGroups": [""],
            "apiVersions": ["v1"],
            "operations": ["CREATE"],
            "resources": ["pods"],
        }],
        "sideEffects": "None",
    })
}

/// Where the API server asks; istiod adds the CA of what it finds there.
fn client(site: &Site<'_>, values: &Values) -> Value {
    let url = values.text("/istiodRemote/injectionURL");
    if !url.is_empty() {
        return json!({ "url": url });
    }
    let path = match values.text("/istiodRemote/injectionPath") {
        "" => "/inject",
        path => path,
    };
    json!({"service": {
        "name": site.revised("istiod"),
        "namespace": site.namespace(),
        "path": path,
        "port": 443,
    }})
}

fn one_of(key: &str, value: &str) -> Value {
    json!({"key": key, "operator": "In", "values": [value]})
}

fn none_of(key: &str, value: &str) -> Value {
    json!({"key": key, "operator": "NotIn", "values": [value]})
}

fn absent(key: &str) -> Value {
    json!({"key": key, "operator": "DoesNotExist"})
}
