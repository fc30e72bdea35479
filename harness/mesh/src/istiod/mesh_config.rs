//! The mesh's configuration, as ConfigMap `istio` or a mounted file states it.

use istio::{
    identity::TrustDomains,
    kinds::{
        KindError, MeshConfig, MeshNetworks, message_read_by, parse_mesh_config,
        parse_mesh_networks,
    },
    service::ClusterLocalHosts,
};
use serde_json::Value;
use sim::program::Files;

use super::{environment::Environment, source::table::Tables};
use crate::snapshot::{ControlPlane, Mesh};

/// Why the mesh's configuration cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum MeshError {
    /// It is no YAML.
    #[error("{what} cannot be read: {why}")]
    Unreadable { what: &'static str, why: String },
    /// It has a field that is wrong or not modelled.
    #[error(transparent)]
    Kind(#[from] KindError),
}

/// The name of an object of a revision, for example `istio` or `istio-canary`.
pub(crate) fn revised(name: &str, plane: &ControlPlane) -> String {
    match plane.revision.as_str() {
        "" | "default" => name.to_owned(),
        revision => format!("{name}-{revision}"),
    }
}

/// An entry of a ConfigMap of the control plane, from its file if it is mounted.
pub(crate) fn entry(
    files: Option<&Files>,
    name: &str,
    key: &str,
    tables: &Tables,
    plane: &ControlPlane,
) -> Option<String> {
    match files {
        Some(files) => {
            let bytes = files.get(key)?;
            Some(String::from_utf8_lossy(bytes).into_owned())
        }
        None => {
            let name = revised(name, plane);
            tables
                .config_map(&plane.namespace, &name, key)
                .map(str::to_owned)
        }
    }
}

/// The mesh's configuration as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Written {
    mesh: String,
    networks: String,
}

/// What the tables of the config cluster hold, or the mounted file.
pub(crate) fn written(environment: &Environment, tables: &Tables) -> Written {
    let plane = &environment.control_plane;
    let files = environment.mesh_files.as_ref();
    let text = |key| entry(files, "istio", key, tables, plane).unwrap_or_default();
    Written {
        mesh: text("mesh"),
        networks: text("meshNetworks"),
    }
}

impl Written {
    /// What it means to istiods of a control plane.
    ///
    /// # Errors
    /// If a part cannot be read, or has a field that is wrong or not modelled.
    pub(crate) fn read(&self, plane: &ControlPlane) -> Result<Mesh, MeshError> {
        let config = yaml("MeshConfig", &self.mesh)?;
        message_read_by(&plane.version, "MeshConfig", &config)?;
        let config = parse_mesh_config(&config)?;
        let networks = parse_mesh_networks(&yaml("meshNetworks", &self.networks)?)?;
        Ok(mesh(config, networks, plane))
    }
}

/// The trust domain that the configuration of another cluster states; `None` if it may not be
/// read or is not there.
pub(crate) fn trust_domain(tables: &Tables, plane: &ControlPlane) -> Option<String> {
    let text = entry(None, "istio", "mesh", tables, plane)?;
    let config = yaml("MeshConfig", &text).ok()?;
    let domain = config["trustDomain"].as_str().unwrap_or("cluster.local");
    Some(domain.to_owned())
}

fn mesh(config: MeshConfig, networks: MeshNetworks, plane: &ControlPlane) -> Mesh {
    let own = config.trust_domain.clone();
    let address = config.default_config.as_ref();
    let address = address.and_then(|config| config.discovery_address.as_deref());
    let discovery = address.map_or("", |address| address.split(':').next().unwrap_or_default());
    Mesh {
        root_namespace: config
            .root_namespace
            .clone()
            .unwrap_or_else(|| plane.namespace.clone()),
        domains: TrustDomains {
            own: own.unwrap_or_else(|| "cluster.local".to_owned()),
            aliases: config.trust_domain_aliases.clone(),
        },
        cluster_local: ClusterLocalHosts::new(&config.service_settings, &plane.domain, discovery),
        config,
        networks,
    }
}

/// YAML as JSON; nothing is an empty object.
fn yaml(what: &'static str, text: &str) -> Result<Value, MeshError> {
    let unreadable = |error: serde_yaml::Error| MeshError::Unreadable {
        what,
        why: error.to_string(),
    };
    let value: Value = serde_yaml::from_str(text).map_err(unreadable)?;
    match value {
        Value::Null => Ok(Value::Object(serde_json::Map::new())),
        value => Ok(value),
    }
}
