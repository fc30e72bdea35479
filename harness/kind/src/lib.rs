//! Kubernetes clusters as containers of the local Docker daemon: kind's nodes without kind.
//!
//! Only Docker is needed on the host. This room knows containers, bridges and kubeadm; it never
//! knows what a mesh is declared to be or what is expected of it, never touches
//! `~/.kube/config`, and never removes what does not carry its labels.
//!
//! Reading order: [`mod@kind`] (the engine), `stand` (bringing up, a list of steps), `bridge`, `range` and `join` (who stands
//! where and reaches whom), `node` (what a node is, and what it goes on doing by itself), `cluster`
//! (from containers to ready nodes), `machine`, `agent` and `stranger` (who stands outside), `standing`, `environment` and `fault` (what can be done with clusters that
//! stand; they are asked by the room `live`), [`pool`], `lent`, `reset` and `inventory` (how trials share clusters),
//! `label`, [`lease`], `kept` and [`gc`] (what is whose, until when, and how it is removed), [`doctor`] (whether the
//! host can have them), [`stock`] and `credentials` (where images come from), `docker` (the only place that knows bollard).

mod agent;
mod bridge;
mod cluster;
mod cni;
mod credentials;
mod digest;
mod docker;
pub mod doctor;
mod environment;
pub mod error;
mod fault;
pub mod fleet;
pub mod gc;
mod golden;
mod inventory;
mod join;
mod kept;
pub mod kind;
pub mod label;
pub mod lease;
mod lent;
mod lock;
mod machine;
mod node;
pub mod pool;
pub mod progress;
mod range;
mod reset;
mod reuse;
mod stand;
mod standing;
pub mod stock;
mod stranger;

pub use error::{Class, Error, Result};
pub use fleet::Fleet;
pub use gc::{Removed, Which};
pub use kind::{Images, Keep, Kind, Pull, remove};
pub use label::Owner;
pub use pool::Pool;
pub use progress::{Event, Step};
