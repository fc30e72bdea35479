//! The ConfigMap `istio-sidecar-injector`: when to inject, and with which values.
//!
//! Istio's chart carries the injection templates here as well. They are Istio's code and come with
//! it on real engines; the simulator's injector knows what they produce from these values.

use serde_json::{Value, json};

use crate::{
    Object,
    mutation::merge,
    site::{Site, Values},
    text,
};

pub(super) fn config_map(site: &Site<'_>, values: &Values) -> Object {
    Object::rendered(json!({
        "apiVersion": "v1",
        "data": {
            "config": text::yaml(&config(values)),
            "values": text::json(&injected_values(site, values)),
        },
        "kind": "ConfigMap",
        "metadata": {
            "name": site.revised("istio-sidecar-injector"),
            "namespace": site.namespace(),
            "labels": super::config_labels(site),
        },
    }))
}

fn config(values: &Values) -> Value {
    let policy = match values.text("/global/proxy/autoInject") {
        "" => "enabled",
        policy => policy,
    };
    let selectors = |name: &str| {
        let written = values.tree().pointer(name).cloned();
        written.unwrap_or_else(|| json!([]))
    };
    json!({
        "alwaysInjectSelector": selectors("/sidecarInjectorWebhook/alwaysInjectSelector"),
        "defaultTemplates": ["sidecar"],
        "injectedAnnotations": values.map("/sidecarInjectorWebhook/injectedAnnotations"),
        "neverInjectSelector": selectors("/sidecarInjectorWebhook/neverInjectSelector"),
        "policy": policy,
    })
}

/// The parts of the values that the templates read.
fn injected_values(site: &Site<'_>, values: &Values) -> Value {
    let mut global = json!({
        "caAddress": "",
        "hub": "docker.io/istio",
        "istioNamespace": site.namespace(),
        "meshID": "",
        "multiCluster": {"clusterName": ""},
        "network": "",
        "pilotCertProvider": "istiod",
        "proxy": {
            "autoInject": "enabled",
            "clusterDomain": "cluster.local",
            "excludeIPRanges": "",
            "excludeInboundPorts": "",
            "excludeOutboundPorts": "",
            "holdApplicationUntilProxyStarts": false,
            "image": "proxyv2",
            "includeIPRanges": "*",
            "includeInboundPorts": "*",
            "includeOutboundPorts": "",
            "statusPort": 15020,
        },
        "tag": site.revision.version.to_string(),
    });
    merge(&mut global, &Value::Object(values.map("/global")));
    json!({
        "global": global,
        "pilot": {"cni": {"enabled": false}, "env": values.map("/pilot/env")},
        "revision": site.revision.name.as_ref().map_or("", |name| name.as_str()),
        "sidecarInjectorWebhook": values.map("/sidecarInjectorWebhook"),
    })
}
