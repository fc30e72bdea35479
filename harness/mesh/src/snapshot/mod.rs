//! What istiod tells a proxy: everything that the proxy's decisions need, as one value that never
//! changes and that all proxies share.
//!
//! Nothing is worked out for single proxies here: which services a proxy sees, which rule it
//! reads, in which order it tries endpoints are functions of `istio` over this and over the
//! proxy's own [`Client`](istio::endpoint::Client).
//!
//! Reading order: this file, [`control_plane`] (who says it), [`mesh`] (what holds for all),
//! [`service`] (who can be called), [`config`] (the objects users wrote), [`trust`] (who is
//! believed).

pub mod config;
pub mod control_plane;
pub mod mesh;
pub mod service;
pub mod trust;

use std::sync::Arc;

use istio::{endpoint::Index, network::Gateways};

pub use config::Config;
pub use control_plane::{ControlPlane, Flags, Setting};
pub use mesh::Mesh;
pub use service::{Port, Resolution, Service, Services};
pub use trust::Trust;

/// All that one istiod knew at one moment. Parts that did not change are shared with the snapshot
/// before.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// Rises with every change at this istiod; numbers of different istiods mean nothing to each
    /// other.
    pub version: u64,
    /// Who says it.
    pub control_plane: Arc<ControlPlane>,
    /// What holds for the whole mesh.
    pub mesh: Arc<Mesh>,
    /// The services of all clusters that it knows.
    pub services: Arc<Services>,
    /// Their endpoints.
    pub endpoints: Arc<Index>,
    /// The gateways into networks.
    pub gateways: Arc<Gateways>,
    /// The objects that users wrote.
    pub config: Arc<Config>,
    /// Who is believed.
    pub trust: Arc<Trust>,
}
