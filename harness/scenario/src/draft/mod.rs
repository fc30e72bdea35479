//! Drafts: what is written, field by field, before its meaning is checked.
//!
//! The JSON schemas are generated from these types, so every doc comment and default here is what
//! an editor shows. Nothing outside this crate works with a draft: the rooms use [`crate::Topology`]
//! and [`crate::Scenario`], which cannot be wrong.

mod cidr;
mod document;
mod free;
mod topology;

pub use document::{ApiVersion, Metadata};
pub use free::Free;
pub use topology::{
    ClusterDraft, GatewayDraft, GatewayType, IstioDraft, LinkDraft, MeshDraft, MtlsMode,
    NetworkDraft, NodeDraft, Overlap, TopologyDraft, TopologyKind, TopologySpec, VmDraft,
};
