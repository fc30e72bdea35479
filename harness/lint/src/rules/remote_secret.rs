//! Remote secrets: kubeconfigs by which an istiod reads other clusters.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use scenario::yaml::{self, scalar::kubectl_json};
use serde_json::Value as Json;
use world::ClusterName;

use crate::{object::Object, place::Place, unit::Unit};

/// One kubeconfig of a remote secret.
pub(super) struct RemoteSecret<'a> {
    pub(super) object: &'a Object,
    /// The key it stands under: what istiod takes for the name of the cluster.
    pub(super) key: &'a str,
    /// Where the kubeconfig stands.
    pub(super) at: Place,
    text: String,
}

/// Every kubeconfig of every remote secret.
pub(super) fn all(unit: &Unit) -> impl Iterator<Item = RemoteSecret<'_>> {
    let secrets = unit
        .of_kind("Secret")
        .filter(|secret| secret.label("istio/multiCluster") == Some("true"));
    secrets.flat_map(|object| {
        ["stringData", "data"]
            .into_iter()
            .flat_map(|part| of_part(object, part))
    })
}

fn of_part<'a>(object: &'a Object, part: &'static str) -> Vec<RemoteSecret<'a>> {
    let Some(Json::Object(entries)) = object.value.get(part) else {
        return Vec::new();
    };
    let secret = |(key, value): (&'a String, &'a Json)| RemoteSecret {
        object,
        key,
        at: object.at.keys(&[part, key]),
        text: match part {
            "data" => decoded(value).unwrap_or_default(),
            _ => value.as_str().unwrap_or_default().to_owned(),
        },
    };
    entries.iter().map(secret).collect()
}

fn decoded(value: &Json) -> Option<String> {
    String::from_utf8(STANDARD.decode(value.as_str()?).ok()?).ok()
}

impl RemoteSecret<'_> {
    /// The cluster that it is applied to.
    pub(super) fn stored_in(&self) -> Option<&ClusterName> {
        self.object.cluster.as_ref()
    }

    /// The addresses of API servers in it; none if it is no kubeconfig.
    pub(super) fn servers(&self) -> Vec<String> {
        let documents = yaml::parse(&self.text).unwrap_or_default();
        let Some(config) = documents.first().map(kubectl_json) else {
            return Vec::new();
        };
        let clusters = config["clusters"].as_array().into_iter().flatten();
        let servers = clusters.filter_map(|cluster| cluster.pointer("/cluster/server")?.as_str());
        servers.map(str::to_owned).collect()
    }
}
