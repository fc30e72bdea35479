//! The pod network that an image brings along, filled in as kind fills it.

use serde_json::{Value, json};

/// kind's mark of a manifest in which the pod range is to be filled in.
const TEMPLATE: &str = "would you kindly template this file";
/// kind's mark of a manifest whose container is to be told where the control plane is, so that it
/// need not wait for kube-proxy.
const PATCH: &str = "would you kindly patch this file";

/// Fills a manifest in and returns its objects. `pods` are all ranges whose addresses are to survive on the way: those of
/// every cluster of the network, or replies would come back to a node that never asked.
pub(crate) fn fill(
    manifest: &str,
    pods: &str,
    endpoint: &str,
) -> Result<Vec<Value>, serde_yaml::Error> {
    let filled = if manifest.contains(TEMPLATE) {
        manifest.replace("{{ .PodSubnet }}", pods)
    } else {
        manifest.to_owned()
    };
    let documents: Vec<Value> = serde_yaml::Deserializer::from_str(&filled)
        .map(serde::Deserialize::deserialize)
        .collect::<Result<_, _>>()?;
    let objects = documents.into_iter().filter(|document| !document.is_null());
    Ok(match manifest.contains(PATCH) {
        true => objects.map(|object| told(object, endpoint)).collect(),
        false => objects.collect(),
    })
}

fn told(mut document: Value, endpoint: &str) -> Value {
    let path = "/spec/template/spec/containers/0";
    if document["kind"] == "DaemonSet"
        && let Some(container) = document.pointer_mut(path)
    {
        let variable = json!({ "name": "CONTROL_PLANE_ENDPOINT", "value": endpoint });
        match container["env"].as_array_mut() {
            Some(environment) => environment.push(variable),
            None => container["env"] = json!([variable]),
        }
    }
    document
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = "# would you kindly template this file\n# would you kindly patch this file\n\
        kind: ServiceAccount\n---\nkind: DaemonSet\nspec: {template: {spec: {containers: [{name: a, env: [{name: POD_SUBNET, value: '{{ .PodSubnet }}'}]}]}}}\n";

    #[test]
    fn the_container_learns_the_ranges_and_the_control_plane() {
        let filled = fill(MANIFEST, "10.1.0.0/16,10.2.0.0/16", "c1-control-plane:6443").unwrap();
        assert_eq!(filled.len(), 2);
        let filled = json!(filled).to_string();
        assert!(filled.contains("10.1.0.0/16,10.2.0.0/16"), "{filled}");
        assert!(
            filled.contains("CONTROL_PLANE_ENDPOINT") && filled.contains("c1-control-plane:6443")
        );
        assert!(filled.contains("ServiceAccount"));
    }

    #[test]
    fn a_manifest_without_marks_stays_as_it_is() {
        let plain = "kind: DaemonSet\nmetadata: {name: '{{ .PodSubnet }}'}\n";
        let same = json!([{ "kind": "DaemonSet", "metadata": { "name": "{{ .PodSubnet }}" } }]);
        assert_eq!(json!(fill(plain, "10.1.0.0/16", "x").unwrap()), same);
    }
}
