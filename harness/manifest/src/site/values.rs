//! The values of an installation, in the words of Istio's charts and of IstioOperator. Both the
//! objects rendered here and what `istioctl manifest generate` makes on real engines follow from
//! them, so that they cannot drift apart.

use serde_json::{Map, Value, json};

use super::{Part, Site};
use crate::{Facts, ManifestError, Need, mutation::merge, trust};

/// Values as a tree; a topology's own are merged over the derived ones.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Values(Value);

impl Values {
    /// The text at a JSON pointer; empty if there is none, as in a chart.
    pub(crate) fn text(&self, pointer: &str) -> &str {
        let found = self.0.pointer(pointer).and_then(Value::as_str);
        found.unwrap_or_default()
    }

    /// Whether the value at a JSON pointer is true.
    pub(crate) fn flag(&self, pointer: &str) -> bool {
        let found = self.0.pointer(pointer).and_then(Value::as_bool);
        found.unwrap_or_default()
    }

    /// The mapping at a JSON pointer; empty if there is none.
    pub(crate) fn map(&self, pointer: &str) -> Map<String, Value> {
        let found = self.0.pointer(pointer).and_then(Value::as_object);
        found.cloned().unwrap_or_default()
    }

    /// The tree.
    pub(crate) fn tree(&self) -> &Value {
        &self.0
    }
}

impl Site<'_> {
    /// The values of this site.
    ///
    /// # Errors
    /// If an address that they hold is not known yet.
    pub(crate) fn values(&self, facts: &Facts) -> Result<Values, ManifestError> {
        let mut tree = self.derived(facts)?;
        let member = self.topology.member(self.cluster);
        if let Some(member) = member {
            merge(&mut tree, &Value::Object(member.values.0.clone()));
        }
        for overlay in facts.overlays(self.cluster) {
            merge(&mut tree, overlay);
        }
        Ok(Values(tree))
    }

    /// The IstioOperator profile they go with.
    pub(crate) fn profile(&self) -> &'static str {
        match self.part {
            // `minimal` is the default profile without its ingress gateway: gateways are sites of
            // their own here, as declared.
            Part::Primary | Part::FrontDoor => "minimal",
            Part::Remote | Part::ConfigCluster => "remote",
            Part::ExternalIstiod { .. } => "empty",
        }
    }

    fn derived(&self, facts: &Facts) -> Result<Value, ManifestError> {
        let mut tree = match self.part {
            Part::Primary => self.primary(),
            Part::FrontDoor => self.identified(),
            Part::Remote => self.remote(facts)?,
            Part::ConfigCluster => self.config_cluster(facts)?,
            Part::ExternalIstiod { .. } => self.external_istiod(facts)?,
        };
        if self.runs_istiod() {
            merge(&mut tree, &small());
            merge(&mut tree, &trust::federation(self, facts)?);
        }
        let tags = self.tags();
        if !tags.is_empty() {
            merge(&mut tree, &json!({ "revisionTags": tags }));
        }
        Ok(tree)
    }

    /// The revision tags that point to this revision.
    pub(crate) fn tags(&self) -> Vec<&str> {
        let member = self.topology.member(self.cluster);
        let tags = member.into_iter().flat_map(|member| &member.tags);
        tags.filter(|(_, revision)| Some(*revision) == self.revision.name.as_ref())
            .map(|(tag, _)| tag.as_str())
            .collect()
    }

    /// Mesh, cluster and network: what every istiod is told of itself.
    fn identified(&self) -> Value {
        json!({"global": {
            "meshID": self.mesh().name.as_str(),
            "multiCluster": {"clusterName": self.cluster_id().as_str()},
            "network": self.network().as_str(),
        }})
    }

    fn primary(&self) -> Value {
        let mut tree = self.identified();
        if self.topology.remotes_of(self.cluster).next().is_some() {
            merge(&mut tree, &json!({"global": {"externalIstiod": true}}));
        }
        if !self.istiod_addresses().is_empty() {
            // Another source may inject here; without the path it would inject for its own cluster.
            let path = self.injection_path();
            merge(&mut tree, &json!({"istiodRemote": {"injectionPath": path}}));
        }
        tree
    }

    /// A remote says no more than this: cluster and network travel in the injection path.
    fn remote(&self, facts: &Facts) -> Result<Value, ManifestError> {
        let namespace = self.namespace();
        let mut tree = json!({
            "global": {"remotePilotAddress": self.source(facts)?},
            "istiodRemote": {"injectionPath": self.injection_path()},
        });
        if namespace != super::ISTIO_SYSTEM {
            merge(&mut tree, &json!({"global": {"istioNamespace": namespace}}));
        }
        Ok(tree)
    }

    fn config_cluster(&self, facts: &Facts) -> Result<Value, ManifestError> {
        let mut tree = self.remote(facts)?;
        let holds_configuration = json!({
            "defaultRevision": "default",
            "global": {"configCluster": true, "meshID": self.mesh().name.as_str()},
            "pilot": {"configMap": true},
        });
        merge(&mut tree, &holds_configuration);
        Ok(tree)
    }

    fn external_istiod(&self, facts: &Facts) -> Result<Value, ManifestError> {
        let address = self.own_address(facts)?.unwrap_or_default();
        let discovery = format!("{address}:15012");
        let namespace = self.namespace();
        let mut tree = self.identified();
        let of_config = self.topology.network_of(self.cluster_id());
        let external = json!({
            "global": {
                "istioNamespace": namespace,
                "network": of_config.map(|network| network.as_str()),
                "caAddress": &discovery,
                "operatorManageWebhooks": true,
                "configValidation": false,
            },
            "istiodRemote": {"enabled": false},
            "meshConfig": {
                "rootNamespace": namespace,
                "defaultConfig": {"discoveryAddress": &discovery},
            },
            "pilot": {"enabled": true, "env": {
                "EXTERNAL_ISTIOD": "true",
                // Proxies dial the address itself, so it must be among the certificate's names.
                "ISTIOD_CUSTOM_HOST": &address,
                "INJECTION_WEBHOOK_CONFIG_NAME": format!("istio-sidecar-injector-{namespace}"),
                "LOCAL_CLUSTER_SECRET_WATCHER": "true",
                "SHARED_MESH_CONFIG": "istio",
                "VALIDATION_WEBHOOK_CONFIG_NAME": format!("istio-validator-{namespace}"),
            }},
        });
        merge(&mut tree, &external);
        Ok(tree)
    }

    /// The address of the preferred source.
    fn source(&self, facts: &Facts) -> Result<String, ManifestError> {
        let first = self.istiod_addresses().into_iter().next();
        let address = first.map(|gateway| facts.text(&Need::Address(gateway)).map(str::to_owned));
        Ok(address.transpose()?.unwrap_or_default())
    }

    /// How the injector of another cluster is told for whom it injects.
    fn injection_path(&self) -> String {
        let (cluster, network) = (self.cluster, self.network());
        format!("/inject/cluster/{cluster}/net/{network}")
    }
}

/// A rehearsal wants one istiod that stays and fits on a small node; the chart scales it by load and
/// asks for 2 GiB. A topology's own values are merged over this.
fn small() -> Value {
    json!({
        "global": {"imagePullPolicy": "IfNotPresent"},
        "pilot": {
            "autoscaleEnabled": false,
            "replicaCount": 1,
            "resources": {"requests": {"cpu": "10m", "memory": "100Mi"}},
        },
    })
}
