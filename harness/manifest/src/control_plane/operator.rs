//! The same installation as an IstioOperator, for `istioctl manifest generate` on real engines.

use serde_json::{Map, Value, json};

use super::mesh_config;
use crate::{
    Facts, ManifestError, Object,
    site::{ISTIO_SYSTEM, Part, Site},
    unit::VERSION_LABEL,
};

/// The IstioOperator of a site.
///
/// # Errors
/// If an address in its values is not known yet.
pub(crate) fn operator(site: &Site<'_>, facts: &Facts) -> Result<Object, ManifestError> {
    let values = site.values(facts)?;
    let mut spec = json!({
        "meshConfig": mesh_config(site, &values),
        "profile": site.profile(),
        "values": without_mesh_config(values.tree()),
    });
    if site.part == Part::Remote {
        // A remote has no mesh ConfigMap; Istio's guide gives it none.
        spec.as_object_mut()
            .expect("written as a mapping above")
            .remove("meshConfig");
    }
    if let Some(revision) = &site.revision.name {
        spec["revision"] = json!(revision.as_str());
    }
    if site.namespace() != ISTIO_SYSTEM {
        spec["namespace"] = json!(site.namespace());
    }
    if matches!(site.part, Part::ExternalIstiod { .. }) {
        spec["components"] = external_components(site);
    }
    Ok(Object::rendered(json!({
        "apiVersion": "install.istio.io/v1alpha1",
        "kind": "IstioOperator",
        "metadata": {
            "name": site.revised("istio"),
            "namespace": site.namespace(),
            "labels": {VERSION_LABEL: site.revision.version.to_string()},
        },
        "spec": spec,
    })))
}

fn without_mesh_config(values: &Value) -> Map<String, Value> {
    let mut values = values.as_object().cloned().unwrap_or_default();
    values.remove("meshConfig");
    values
}

/// An external istiod reads mesh configuration and injection from files; the chart has no value for
/// that, so its Deployment is overlaid.
fn external_components(site: &Site<'_>) -> Value {
    let volume = |path: &str, name: &str, map: &str| {
        let volume = json!({"name": name, "configMap": {"name": site.revised(map)}});
        let mount = json!({"mountPath": path, "name": name});
        [
            json!({"path": "spec.template.spec.volumes[100]", "value": volume}),
            json!({
                "path": "spec.template.spec.containers[name:discovery].volumeMounts[100]",
                "value": mount,
            }),
        ]
    };
    let patches: Vec<Value> = [
        volume("/etc/istio/config", "config-volume", "istio"),
        volume("/var/lib/istio/inject", "inject", "istio-sidecar-injector"),
    ]
    .concat();
    json!({
        "base": {"enabled": true},
        "pilot": {"enabled": true, "k8s": {"overlays": [
            {"kind": "Deployment", "name": site.revised("istiod"), "patches": patches},
        ]}},
    })
}
