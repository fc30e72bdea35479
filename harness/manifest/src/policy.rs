//! Mesh-wide policy that a topology declares.

use scenario::topology::Mesh;
use serde_json::json;

use crate::Object;

/// The PeerAuthentication of a mesh, in the root namespace; none if the mesh says nothing, and then
/// Istio's default (PERMISSIVE) holds.
pub(crate) fn peer_authentication(mesh: &Mesh, namespace: &str) -> Option<Object> {
    let mode = mesh.mtls?;
    Some(Object::rendered(json!({
        "apiVersion": "security.istio.io/v1",
        "kind": "PeerAuthentication",
        "metadata": {"name": "default", "namespace": namespace},
        "spec": {"mtls": {"mode": mode}},
    })))
}
