//! The CustomResourceDefinitions of Istio: groups, kinds and versions. Their schemas keep whatever
//! is written under `spec` and `status`; Istio's own schemas come with its base chart on real
//! engines.

use serde_json::{Value, json};
use world::ClusterName;

use crate::{Object, Placed};

struct Definition {
    group: &'static str,
    kind: &'static str,
    plural: &'static str,
    short: Option<&'static str>,
    /// The stored version first.
    versions: &'static [&'static str],
}

const NETWORKING: &str = "networking.istio.io";
const SECURITY: &str = "security.istio.io";
const STABLE: &[&str] = &["v1", "v1beta1", "v1alpha3"];

const fn networking(
    kind: &'static str,
    plural: &'static str,
    short: Option<&'static str>,
    versions: &'static [&'static str],
) -> Definition {
    Definition {
        group: NETWORKING,
        kind,
        plural,
        short,
        versions,
    }
}

const fn security(kind: &'static str, plural: &'static str, short: &'static str) -> Definition {
    Definition {
        group: SECURITY,
        kind,
        plural,
        short: Some(short),
        versions: &["v1", "v1beta1"],
    }
}

/// What Istio's base chart defines.
const DEFINITIONS: &[Definition] = &[
    networking("DestinationRule", "destinationrules", Some("dr"), STABLE),
    networking("EnvoyFilter", "envoyfilters", None, &["v1alpha3"]),
    networking("Gateway", "gateways", Some("gw"), STABLE),
    networking("ProxyConfig", "proxyconfigs", None, &["v1beta1"]),
    networking("ServiceEntry", "serviceentries", Some("se"), STABLE),
    networking("Sidecar", "sidecars", None, STABLE),
    networking("VirtualService", "virtualservices", Some("vs"), STABLE),
    networking("WorkloadEntry", "workloadentries", Some("we"), STABLE),
    networking("WorkloadGroup", "workloadgroups", Some("wg"), STABLE),
    security("AuthorizationPolicy", "authorizationpolicies", "ap"),
    security("PeerAuthentication", "peerauthentications", "pa"),
    security("RequestAuthentication", "requestauthentications", "ra"),
    Definition {
        group: "telemetry.istio.io",
        kind: "Telemetry",
        plural: "telemetries",
        short: Some("telemetry"),
        versions: &["v1alpha1", "v1"],
    },
    Definition {
        group: "extensions.istio.io",
        kind: "WasmPlugin",
        plural: "wasmplugins",
        short: None,
        versions: &["v1alpha1"],
    },
];

/// The definitions for a cluster.
pub(crate) fn definitions(cluster: &ClusterName) -> impl Iterator<Item = Placed> {
    DEFINITIONS
        .iter()
        .map(|definition| definition.object().into_cluster(cluster))
}

impl Definition {
    fn name(&self) -> String {
        format!("{}.{}", self.plural, self.group)
    }

    fn object(&self) -> Object {
        let stored = |version: &&'static str| self.versions.first() == Some(version);
        let versions: Vec<Value> = self
            .versions
            .iter()
            .map(|version| version_of(version, stored(version)))
            .collect();
        let mut names = json!({
            "kind": self.kind,
            "listKind": format!("{}List", self.kind),
            "plural": self.plural,
            "singular": self.kind.to_lowercase(),
        });
        if let Some(short) = self.short {
            names["shortNames"] = json!([short]);
        }
        Object::rendered(json!({
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": self.name(), "labels": {"app": "istio-pilot"}},
            "spec": {
                "group": self.group,
                "names": names,
                "scope": "Namespaced",
                "versions": versions,
            },
        }))
    }
}

fn version_of(name: &str, stored: bool) -> Value {
    let anything = || json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
    json!({
        "name": name,
        "schema": {"openAPIV3Schema": {
            "type": "object",
            "properties": {"spec": anything(), "status": anything()},
        }},
        "served": true,
        "storage": stored,
        "subresources": {"status": {}},
    })
}
