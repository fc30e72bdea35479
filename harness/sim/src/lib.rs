//! Clusters in this process, on virtual time: an API server, controllers, kubelets, a network, and
//! what runs in the containers.
//!
//! It is an [`engine::Engine`] like any other: it sees a substrate and applied objects, never a
//! declared topology and never an expectation. It reads no clock, no file and no random source of
//! the machine, and opens no socket; equal seeds give equal logs, byte for byte.
//!
//! Reading order: [`runtime`], [`random`] and [`log`] (time, chance and the record of both),
//! [`net`] (addresses, links, faults, DNS), [`program`] (what runs in containers), [`cluster`] (an
//! API server with its controllers and kubelets on that network), [`remote`] (API servers as others
//! reach them), [`machine`] (virtual machines), [`prober`] (the instrument), [`environment`] and
//! [`sim`] (the engine's face).

pub mod cluster;
mod controller;
pub mod environment;
mod kubelet;
pub mod log;
pub mod machine;
pub mod net;
pub mod prober;
pub mod program;
pub mod random;
pub mod remote;
pub mod runtime;
pub mod sim;
mod traffic;

pub use environment::SimEnvironment;
pub use sim::Sim;
