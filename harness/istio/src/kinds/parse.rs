//! Reading an object, or saying everything that is wrong with it.

use serde::de::DeserializeOwned;
use serde_json::Value;
use world::Version;

use super::{
    GatewayValues, InstallValues, IstioObject, Kind, KindError, MeshConfig, MeshNetworks, Metadata,
    Object, Problem, ProxyConfig,
    kind::Found,
    problem::Fault,
    proxy_metadata,
    shape::{check, newer_than, shape},
    validity,
};
use crate::version::flag;

/// Reads an object of one of Istio's kinds.
///
/// # Errors
/// If it is not one of Istio's kinds, if its kind or a field of it is not modelled, or if a field
/// is unknown, missing or wrong. All problems with fields are told at once.
pub fn parse(object: &Value) -> Result<IstioObject, KindError> {
    let (api_version, name) = (text(object, "apiVersion"), text(object, "kind"));
    let called = || format!("{api_version} {name}");
    match Kind::find(api_version, name) {
        Found::Modelled(kind) => fitting(parse_kind(kind, object)?),
        Found::Unmodelled(reason) => Err(KindError::UnmodelledKind {
            kind: called(),
            name: full_name(object),
            reason,
        }),
        Found::UnknownVersion(served) => Err(KindError::UnknownVersion {
            kind: called(),
            name: full_name(object),
            served,
        }),
        Found::Foreign => Err(KindError::Foreign { kind: called() }),
    }
}

/// Refuses an object with a field that an istiod of this version does not read: an API server with
/// that version's definitions drops it, so that it would be without effect and without a word.
///
/// # Errors
/// All such fields at once. An object that is none of the modelled kinds has none.
pub fn read_by(version: &Version, object: &Value) -> Result<(), KindError> {
    let (api_version, name) = (text(object, "apiVersion"), text(object, "kind"));
    let (Found::Modelled(kind), Some(spec)) = (Kind::find(api_version, name), object.get("spec"))
    else {
        return Ok(());
    };
    let problems = newer_than(version, kind.name(), spec, "spec");
    without(problems, &format!("{kind} {}", full_name(object)), ())
}

/// As [`read_by()`], of a message: `MeshConfig`, `InstallValues` or another that is read here.
///
/// # Errors
/// All fields at once that an istiod of this version does not read.
pub fn message_read_by(version: &Version, name: &str, value: &Value) -> Result<(), KindError> {
    without(newer_than(version, name, value, ""), name, ())
}

/// Reads the mesh's configuration, as the `mesh` key of ConfigMap `istio` holds it.
///
/// # Errors
/// As [`parse()`], and if a name in the proxies' metadata is not one that is modelled.
pub fn parse_mesh_config(config: &Value) -> Result<MeshConfig, KindError> {
    let read = message("MeshConfig", config)?;
    let problems = mesh_metadata(&read, "");
    without(problems, "MeshConfig", read)
}

/// Reads the mesh's networks, as the `meshNetworks` key of ConfigMap `istio` holds them.
///
/// # Errors
/// As [`parse()`].
pub fn parse_mesh_networks(networks: &Value) -> Result<MeshNetworks, KindError> {
    message("MeshNetworks", networks)
}

/// Reads a proxy's configuration, as annotation `proxy.istio.io/config` holds it.
///
/// # Errors
/// As [`parse()`], and if a name in the proxy's metadata is not one that is modelled.
pub fn parse_proxy_config(config: &Value) -> Result<ProxyConfig, KindError> {
    let read = message("ProxyConfig", config)?;
    let problems = proxy_metadata::problems(&read, "");
    without(problems, "ProxyConfig", read)
}

/// Reads the values of a control plane.
///
/// # Errors
/// As [`parse()`], and if a name in `pilot.env` or in the proxies' metadata is not one that is
/// modelled.
pub fn parse_install_values(values: &Value) -> Result<InstallValues, KindError> {
    let read: InstallValues = message("InstallValues", values)?;
    let strange = read
        .pilot
        .env
        .keys()
        .filter(|name| !flag::is_modelled(name));
    let problem = |name| Problem {
        path: format!("pilot.env.{name}"),
        fault: Fault::Unmodelled,
    };
    let mesh = read
        .mesh_config
        .iter()
        .flat_map(|mesh| mesh_metadata(mesh, "meshConfig."));
    let problems = mesh.chain(strange.map(problem)).collect();
    without(problems, "InstallValues", read)
}

/// What is wrong with the metadata of the mesh's proxies.
fn mesh_metadata(mesh: &MeshConfig, path: &str) -> Vec<Problem> {
    let config = mesh.default_config.iter();
    config
        .flat_map(|c| proxy_metadata::problems(c, &format!("{path}defaultConfig.")))
        .collect()
}

/// What was read, unless there are problems with it.
fn without<T>(problems: Vec<Problem>, what: &str, read: T) -> Result<T, KindError> {
    match problems.is_empty() {
        true => Ok(read),
        false => Err(KindError::Fields {
            what: what.to_owned(),
            problems,
        }),
    }
}

/// Reads the values of a gateway.
///
/// # Errors
/// As [`parse()`].
pub fn parse_gateway_values(values: &Value) -> Result<GatewayValues, KindError> {
    message("GatewayValues", values)
}

/// Reads a message that is not an object of its own.
pub(super) fn message<T: DeserializeOwned>(name: &str, value: &Value) -> Result<T, KindError> {
    read(name, value, "").map_err(|problems| KindError::Fields {
        what: name.to_owned(),
        problems,
    })
}

fn parse_kind(kind: Kind, object: &Value) -> Result<IstioObject, KindError> {
    match kind {
        Kind::AuthorizationPolicy => whole(kind, object).map(IstioObject::AuthorizationPolicy),
        Kind::DestinationRule => {
            whole(kind, object).map(|rule| IstioObject::DestinationRule(Box::new(rule)))
        }
        Kind::Gateway => whole(kind, object).map(IstioObject::Gateway),
        Kind::PeerAuthentication => whole(kind, object).map(IstioObject::PeerAuthentication),
        Kind::ServiceEntry => whole(kind, object).map(IstioObject::ServiceEntry),
        Kind::Sidecar => whole(kind, object).map(IstioObject::Sidecar),
        Kind::VirtualService => whole(kind, object).map(IstioObject::VirtualService),
        Kind::WorkloadEntry => whole(kind, object).map(IstioObject::WorkloadEntry),
        Kind::WorkloadGroup => whole(kind, object).map(IstioObject::WorkloadGroup),
    }
}

/// Refuses an object whose fields are right one by one and do not fit together.
fn fitting(object: IstioObject) -> Result<IstioObject, KindError> {
    let problems = validity::problems(&object);
    if problems.is_empty() {
        return Ok(object);
    }
    let Metadata {
        name, namespace, ..
    } = object.metadata();
    let what = format!("{} {namespace}/{name}", object.kind());
    Err(KindError::Fields { what, problems })
}

/// Reads metadata and spec of an object, and refuses any other field but `status`.
fn whole<S: DeserializeOwned>(kind: Kind, object: &Value) -> Result<Object<S>, KindError> {
    let empty = Value::Object(serde_json::Map::new());
    let part = |field| {
        object
            .get(field)
            .filter(|part| !part.is_null())
            .unwrap_or(&empty)
    };
    let mut problems = check(shape("Object"), &without_nulls(object), "");
    let metadata = typed::<Metadata>(&without_nulls(part("metadata")), "metadata")
        .map_err(|p| problems.push(p));
    let spec = read(kind.name(), part("spec"), "spec").map_err(|p| problems.extend(p));
    match (metadata, spec) {
        (Ok(metadata), Ok(spec)) if problems.is_empty() => Ok(Object { metadata, spec }),
        _ => Err(KindError::Fields {
            what: format!("{kind} {}", full_name(object)),
            problems,
        }),
    }
}

/// Reads what a table describes: first its fields, all at once, then the values.
fn read<T: DeserializeOwned>(name: &str, value: &Value, path: &str) -> Result<T, Vec<Problem>> {
    let value = without_nulls(value);
    let problems = check(shape(name), &value, path);
    match problems.is_empty() {
        true => typed(&value, path).map_err(|problem| vec![problem]),
        false => Err(problems),
    }
}

fn typed<T: DeserializeOwned>(value: &Value, path: &str) -> Result<T, Problem> {
    serde_path_to_error::deserialize(value).map_err(|error| Problem {
        path: below(path, &error.path().to_string()),
        fault: Fault::Invalid(error.into_inner().to_string()),
    })
}

fn below(path: &str, inner: &str) -> String {
    match (path, inner) {
        (path, "." | "") => path.to_owned(),
        ("", inner) => inner.to_owned(),
        (path, inner) => format!("{path}.{inner}"),
    }
}

/// A field that is null is as good as none, as in Kubernetes.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name.clone(), without_nulls(value)))
            .collect(),
        Value::Array(values) => values.iter().map(without_nulls).collect(),
        other => other.clone(),
    }
}

fn text<'a>(object: &'a Value, field: &str) -> &'a str {
    object
        .get(field)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn full_name(object: &Value) -> String {
    let metadata = object.get("metadata").unwrap_or(&Value::Null);
    match (text(metadata, "namespace"), text(metadata, "name")) {
        ("", name) => name.to_owned(),
        (namespace, name) => format!("{namespace}/{name}"),
    }
}
