//! The samples: Istio's helloworld and sleep, or stand-ins for them.

use scenario::{draft::App, scenario::Place};
use serde_json::{Value, json};
use world::ClusterName;

/// Which images the samples run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Images {
    /// A server on port 5000 that answers `/hello` as Istio's helloworld does. One image serves
    /// every version, which it reads from `SERVICE_VERSION`.
    pub helloworld: String,
    /// A client with `curl` and `sleep`.
    pub client: String,
}

impl Default for Images {
    /// Istio's own helloworld and the curl image that its samples use.
    fn default() -> Self {
        Self {
            helloworld: "docker.io/istio/examples-helloworld-v1:1.0".to_owned(),
            client: "docker.io/curlimages/curl:8.17.0".to_owned(),
        }
    }
}

/// The port that helloworld listens on.
pub(super) const HELLOWORLD_PORT: u16 = 5000;
/// The port of the Service of a client, as in Istio's sleep sample; nothing listens there.
pub(super) const CLIENT_PORT: u16 = 80;

/// The container of a sample.
pub(super) fn container(app: App, cluster: &ClusterName, place: &Place, images: &Images) -> Value {
    match app {
        App::Helloworld => json!({
            "name": "helloworld",
            "image": &images.helloworld,
            "imagePullPolicy": "IfNotPresent",
            "env": [
                {"name": "SERVICE_VERSION", "value": &place.version},
                {"name": "CLUSTER_ID", "value": cluster.as_str()},
            ],
            "ports": [{"containerPort": HELLOWORLD_PORT, "name": "http"}],
            "resources": {"requests": {"cpu": "10m"}},
        }),
        App::Sleep => json!({
            "name": "sleep",
            "image": &images.client,
            "imagePullPolicy": "IfNotPresent",
            "command": ["/bin/sleep", "infinity"],
            "resources": {"requests": {"cpu": "10m"}},
        }),
    }
}
