//! Reading anything that this room reads, by the name of its kind or message.

use istio::kinds::{self, KindError};
use serde_json::Value;

/// What an object or message says after it was read, as JSON, or the lines by which it is refused.
pub(crate) fn read(message: Option<&str>, value: &Value) -> Result<Value, Vec<String>> {
    let read = match message {
        None => kinds::parse(value).map(|object| object.to_json()),
        Some("MeshConfig") => kinds::parse_mesh_config(value).map(json),
        Some("MeshNetworks") => kinds::parse_mesh_networks(value).map(json),
        Some("ProxyConfig") => kinds::parse_proxy_config(value).map(json),
        Some("InstallValues") => kinds::parse_install_values(value).map(json),
        Some("GatewayValues") => kinds::parse_gateway_values(value).map(json),
        Some(other) => panic!("nothing reads {other}"),
    };
    read.map_err(|error| lines(&error))
}

/// The kinds and messages that can be read on their own.
pub(crate) const MESSAGES: &[&str] = &[
    "MeshConfig",
    "MeshNetworks",
    "ProxyConfig",
    "InstallValues",
    "GatewayValues",
];

fn json<T: serde::Serialize>(message: T) -> Value {
    serde_json::to_value(message).expect("a message is made of plain values")
}

fn lines(error: &KindError) -> Vec<String> {
    match error {
        KindError::Fields { problems, .. } => problems.iter().map(ToString::to_string).collect(),
        other => vec![other.to_string()],
    }
}
