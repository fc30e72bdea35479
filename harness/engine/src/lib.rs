//! What every engine offers, and what is done with a Kubernetes API on all of them.
//!
//! The first half are the traits behind which the simulator, kind nodes and existing clusters
//! hide: [`Engine`] brings a [`world::Substrate`] up, [`Environment`] is what then stands there,
//! [`Prober`] asks questions of it. The second half are the verbs that need nothing but a
//! [`kube::Client`] and therefore exist once: [`apply`], [`wait`], [`facts`], [`diagnose`],
//! [`delete`]. An engine never knows what is expected of a mesh: there is no check, no scenario
//! and no verdict here, and nothing in this room knows which engine it is working on.
//!
//! Reading order: [`traits`] (what an engine is), [`prober`] (how it is asked), [`mesh_view`] (what a mesh
//! says of itself), [`deadline`] and
//! [`condition`] (what waiting means), [`kinds`] (how a kind finds its address), [`pod`], then the verbs
//! [`apply`], [`mod@wait`], [`facts`], [`diagnose`], [`delete`]; [`error`] last.

pub mod apply;
pub mod condition;
pub mod deadline;
pub mod delete;
pub mod diagnose;
pub mod error;
pub mod facts;
pub mod kinds;
pub mod mesh_view;
pub mod object;
pub mod pod;
pub mod prober;
mod seen;
pub mod traits;
pub mod wait;

pub use apply::Apply;
pub use condition::{Condition, State};
pub use deadline::Deadline;
pub use error::{Error, Result, told};
pub use kinds::Kinds;
pub use mesh_view::MeshView;
pub use object::ObjectRef;
pub use prober::{Batch, Prober, RunningTraffic, Traffic};
pub use traits::{ApiEndpoint, App, BringUp, Engine, Environment, FaultHandle, Machine};
