//! Istio inside simulated clusters: istiod as its pod runs it, and the proxies it configures.
//!
//! Everything here lives as a process of a container, and knows what that container could know:
//! its pod's environment and mounts, and what API servers and peers answer over the network. This
//! room never sees a topology, a scenario or an expectation; it decides nothing about a call by
//! itself, because the rules are those of `istio`.
//!
//! Reading order: [`snapshot`] (what istiod tells a proxy), [`xds`] (how it is asked for it),
//! [`istiod`] (how it comes to know it), [`proxy`] (what is done with it), [`refusals`] (what is
//! not modelled), [`images`] (which container does what), [`why`] (the account
//! of a call), [`engine`] (the simulator with a mesh).

pub mod engine;
pub mod images;
pub mod istiod;
pub mod proxy;
pub mod refusals;
pub mod snapshot;
pub mod why;
pub mod xds;
