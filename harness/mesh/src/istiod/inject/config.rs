//! The injector's configuration: ConfigMap `istio-sidecar-injector`.

use istio::{
    injection::{InjectorConfig, InjectorPolicy},
    kinds::{LabelSelector, MeshConfig},
};
use serde::Deserialize;
use serde_json::Value;

use super::super::{environment::Environment, mesh_config::entry, source::table::Tables};
use crate::snapshot::Mesh;

/// All that the injector reads.
#[derive(Debug, Clone)]
pub(crate) struct Injector {
    pub(crate) decision: InjectorConfig,
    /// The values of the installation.
    pub(super) values: Value,
    pub(super) mesh: MeshConfig,
    pub(super) trust_domain: String,
    pub(super) revision: String,
}

/// Why nothing can be injected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InjectError {
    #[error("there is no ConfigMap istio-sidecar-injector with config and values")]
    Missing,
    #[error("istio-sidecar-injector: {0}")]
    Unreadable(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Written {
    policy: String,
    #[serde(default)]
    never_inject_selector: Vec<LabelSelector>,
    #[serde(default)]
    always_inject_selector: Vec<LabelSelector>,
    #[serde(default)]
    default_templates: Vec<String>,
    #[serde(default)]
    injected_annotations: std::collections::BTreeMap<String, String>,
    /// Istio's templates; what they produce is known here.
    #[serde(default, rename = "templates")]
    _templates: Value,
}

impl Injector {
    /// Reads the configuration from the tables of the config cluster, or from files.
    ///
    /// # Errors
    /// If it is not there, cannot be read, or uses templates that are not Istio's.
    pub(crate) fn read(
        environment: &Environment,
        tables: &Tables,
        mesh: &Mesh,
    ) -> Result<Self, InjectError> {
        let plane = &environment.control_plane;
        let files = environment.injector_files.as_ref();
        let text = |key| entry(files, "istio-sidecar-injector", key, tables, plane);
        let (config, values) = text("config")
            .zip(text("values"))
            .ok_or(InjectError::Missing)?;
        let unreadable = |error: &dyn std::fmt::Display| InjectError::Unreadable(error.to_string());
        let config: Written = serde_yaml::from_str(&config).map_err(|e| unreadable(&e))?;
        let values: Value = serde_json::from_str(&values).map_err(|e| unreadable(&e))?;
        if config
            .default_templates
            .iter()
            .any(|name| name != "sidecar")
        {
            return Err(InjectError::Unreadable(
                "own templates are not modelled".to_owned(),
            ));
        }
        if !config.injected_annotations.is_empty() {
            return Err(InjectError::Unreadable(
                "injectedAnnotations are not modelled".to_owned(),
            ));
        }
        Ok(Self {
            decision: InjectorConfig {
                policy: InjectorPolicy::parse(&config.policy),
                never: config.never_inject_selector,
                always: config.always_inject_selector,
            },
            values,
            mesh: mesh.config.clone(),
            trust_domain: mesh.domains.own.clone(),
            revision: plane.revision.clone(),
        })
    }

    /// A text among the values; empty if there is none.
    pub(super) fn value(&self, pointer: &str) -> &str {
        let value = self.values.pointer(pointer);
        value.and_then(Value::as_str).unwrap_or_default()
    }
}
