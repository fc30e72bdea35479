//! Kubernetes clusters as containers of the local Docker daemon: kind's nodes without kind.
//!
//! Only Docker is needed on the host. This room knows containers, bridges and kubeadm; it never
//! knows what a mesh is declared to be or what is expected of it, never touches
//! `~/.kube/config`, and never removes what does not carry its labels.
//!
//! Reading order: [`mod@kind`] (the engine, a list of steps), `layout` and `range` (who stands where),
//! `node` (what a node is), `cluster` (from containers to ready nodes), `join` (what makes several
//! clusters one network), `environment`, `prober` and `fault` (what can be done with them), `gc`
//! (what is left behind), `docker` (the only place that knows bollard).

mod cluster;
mod cni;
mod curl;
mod docker;
mod environment;
pub mod error;
mod fault;
pub mod gc;
mod join;
pub mod kind;
pub mod label;
mod layout;
mod node;
mod prober;
mod range;

pub use error::{Error, Result};
pub use gc::{Removed, Which};
pub use kind::{Images, Kind};
pub use label::Owner;
