//! The ConfigMap `istio`: what istiod and proxies are told of the mesh.

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
            "mesh": text::yaml(&mesh_config(site, values)),
            "meshNetworks": text::yaml(&mesh_networks(values)),
        },
        "kind": "ConfigMap",
        "metadata": {
            "name": site.revised("istio"),
            "namespace": site.namespace(),
            "labels": super::config_labels(site),
        },
    }))
}

/// Istio's MeshConfig: what follows from the topology, then the mesh's own fields, then those in
/// the values.
pub(crate) fn mesh_config(site: &Site<'_>, values: &Values) -> Value {
    let mesh = site.mesh();
    let service = site.revised("istiod");
    let namespace = site.namespace();
    let mut config = json!({
        "defaultConfig": {
            "discoveryAddress": format!("{service}.{namespace}.svc:15012"),
            "meshId": mesh.name.as_str(),
        },
        "enablePrometheusMerge": true,
        "rootNamespace": namespace,
        "trustDomain": &mesh.trust_domain,
    });
    if has_telemetry(values) {
        config["defaultProviders"] = json!({"metrics": ["prometheus"]});
    }
    if !mesh.trust_domain_aliases.is_empty() {
        merge(
            &mut config,
            &json!({"trustDomainAliases": &mesh.trust_domain_aliases}),
        );
    }
    merge(&mut config, &Value::Object(mesh.mesh_config.0.clone()));
    merge(&mut config, &Value::Object(values.map("/meshConfig")));
    config
}

/// Whether proxies count for Prometheus, which only Istio's own build of Envoy can.
fn has_telemetry(values: &Values) -> bool {
    let written = values.tree().pointer("/telemetry/enabled");
    written.and_then(Value::as_bool).unwrap_or(true)
}

fn mesh_networks(values: &Values) -> Value {
    json!({"networks": values.map("/global/meshNetworks")})
}
