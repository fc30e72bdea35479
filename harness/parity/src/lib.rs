//! Facts about a Kubernetes API, tried on a real control plane and on the simulated one.
//!
//! The simulator is believed because this room is one body of code: the same facts run against
//! kube-apiserver with etcd and kube-controller-manager (started here as child processes on
//! loopback) and against the in-memory server. A fact is written from what the real server does.
//! It never knows which of the two it is talking to, and nothing outside of tests depends on it:
//! therefore it is the one library that may use `anyhow`.
//!
//! Reading order: [`fact`] and [`Bench`] (what a fact is and works with), [`answer`], [`claim`]
//! and [`watch`] (what it can say), [`facts`] (the facts, a file per subject), [`difference`]
//! (where the simulator is knowingly unlike), [`suite`] (facts as tests), [`real`] (the real
//! control plane).

pub mod answer;
mod ask;
mod bench;
pub mod claim;
pub mod difference;
pub mod fact;
pub mod facts;
pub mod object;
pub mod real;
mod site;
pub mod suite;
pub mod watch;

pub use ask::Ask;
pub use bench::{Bench, PATIENCE};
pub use difference::{DIFFERENCES, Difference};
pub use fact::Fact;
pub use site::{Hook, Site};
