//! The injector: what its webhook answers to an API server.
//!
//! Whether a pod gets a sidecar is decided by [`istio::injection`]; [`template`] is what it gets.

mod config;
mod template;

use std::collections::BTreeMap;

use apiserver::json::{Value, json};
use istio::injection::{PodFacts, injects};
use k8s_openapi::api::core::v1::Pod;
use serde::Deserialize;

pub(crate) use config::{InjectError, Injector};

/// What a webhook's path adds to the values: `/inject/cluster/c2/net/n2`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct PathValues(BTreeMap<String, String>);

impl PathValues {
    /// Reads a path; `None` if it is not the injector's.
    pub(crate) fn of(path: &str) -> Option<Self> {
        let rest = path.strip_prefix("/inject")?;
        let parts: Vec<&str> = rest.split('/').filter(|part| !part.is_empty()).collect();
        let pairs = parts.chunks(2).filter_map(|pair| match pair {
            [name, value] => Some(((*name).to_owned(), value.replace("--slash--", "/"))),
            _ => None,
        });
        Some(Self(pairs.collect()))
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

/// Answers an admission review.
pub(crate) fn review(injector: &Injector, values: &PathValues, review: &Value) -> Value {
    let request = &review["request"];
    let mut response = json!({"uid": request["uid"], "allowed": true});
    match patch(injector, values, request) {
        Ok(None) => {}
        Ok(Some(patch)) => {
            use base64::{Engine, engine::general_purpose::STANDARD};
            response["patchType"] = "JSONPatch".into();
            response["patch"] = STANDARD.encode(patch.to_string()).into();
        }
        Err(why) => {
            response["allowed"] = false.into();
            response["status"] = json!({"code": 500, "message": why});
        }
    }
    json!({
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "response": response,
    })
}

/// The patch for the pod of a request; `None` if it is left alone.
fn patch(
    injector: &Injector,
    values: &PathValues,
    request: &Value,
) -> Result<Option<Value>, String> {
    let mut object = request["object"].clone();
    if object["metadata"]["namespace"].is_null() {
        object["metadata"]["namespace"] = request["namespace"].clone();
    }
    let pod = Pod::deserialize(&object).map_err(|error| error.to_string())?;
    let meta = &pod.metadata;
    let empty = BTreeMap::new();
    let facts = PodFacts {
        labels: meta.labels.as_ref().unwrap_or(&empty),
        annotations: meta.annotations.as_ref().unwrap_or(&empty),
        host_network: pod
            .spec
            .as_ref()
            .is_some_and(|s| s.host_network == Some(true)),
    };
    if !injects(&injector.decision, facts).value {
        return Ok(None);
    }
    let injected = template::inject(injector, values, &pod, object)?;
    let meta = &injected["metadata"];
    Ok(Some(json!([
        {"op": "add", "path": "/metadata/labels", "value": meta["labels"]},
        {"op": "add", "path": "/metadata/annotations", "value": meta["annotations"]},
        {"op": "add", "path": "/spec", "value": injected["spec"]},
    ])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_states_cluster_and_network() {
        let values = PathValues::of("/inject/cluster/c2/net/n2").unwrap();
        assert_eq!(values.get("cluster"), Some("c2"));
        assert_eq!(values.get("net"), Some("n2"));
        assert_eq!(PathValues::of("/inject"), Some(PathValues::default()));
        assert_eq!(PathValues::of("/validate"), None);
    }
}
