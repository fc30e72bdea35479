//! From a topology to Kubernetes objects: what an installation applies, stage by stage, which facts
//! each stage needs of the ones before, and what it waits for afterwards.
//!
//! This room is pure. It holds no client and no clock, never applies anything and never knows which
//! engine will: keys and certificates follow from a seed and a clock among the [`Facts`]. It writes
//! what Istio's charts and guides write, and nothing that would tell a simulator more than the same
//! objects tell a real istiod.
//!
//! ```text
//! for stage in manifest::stages(&topology) {
//!     // learn stage.needs(), then
//!     let objects = stage.render(&facts, Form::Objects)?;   // or Form::Operators for istioctl
//!     // apply objects, then evaluate stage.awaits(..)
//! }
//! ```
//!
//! Reading order: [`stage`] (the order of an installation), [`mod@unit`] (its parts), [`fact`] and
//! [`condition`] (what goes in and what is waited for), [`object`]; `site` (which part of Istio a
//! cluster has, and its values), then the renderers: `namespace`, `trust`, `definition`,
//! `control_plane`, `gateway`, `discovery`, `policy`, [`vm`], [`workload`]. [`change`] renders what a
//! living mesh is changed by; [`mutation`] and [`violation`] break objects on purpose; [`assume`]
//! imagines facts for a plan.

pub mod assume;
pub mod change;
pub mod condition;
mod control_plane;
mod definition;
mod discovery;
pub mod error;
pub mod fact;
mod gateway;
pub mod mutation;
mod namespace;
pub mod object;
mod policy;
mod site;
pub mod stage;
mod text;
mod trust;
pub mod unit;
pub mod violation;
pub mod vm;
pub mod workload;

pub use assume::assumed;
pub use condition::Await;
pub use error::ManifestError;
pub use fact::{ApiServer, At, Facts, Need};
pub use gateway::namespace as gateway_namespace;
pub use mutation::{Mutation, Selection};
pub use object::{Identity, Object, Placed};
pub use site::system_namespace;
pub use stage::{Stage, stages, workload_stage};
pub use unit::Form;
pub use violation::{Violations, mutations};
pub use vm::{VmFiles, vm_files, vm_needs};
pub use workload::{Images, Workloads, deployment_name};
