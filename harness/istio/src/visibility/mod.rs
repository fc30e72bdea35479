//! Who sees what: exportTo, Sidecar resources, and one host in several namespaces.
//!
//! [`export`] is what an object's author decides; [`sidecar`] and [`egress`] are what the
//! client's side decides; [`virtual_service`] and [`same_host`] put objects in order where several
//! speak of one host. [`age`] is the order in which Istio reads objects.

pub mod age;
pub mod egress;
pub mod export;
pub mod rules;
pub mod same_host;
pub mod sidecar;
pub mod virtual_service;

pub use age::by_age;
pub use egress::{ImportedService, imports};
pub use export::{ExportTo, is_visible, visible_services};
pub use same_host::{HostOwner, pick_owner};
pub use sidecar::{ProxyKind, ProxyScope, select_sidecar};
pub use virtual_service::{MESH_GATEWAY, VisibleVirtualServices};
