//! Rehearse multi-cluster Istio meshes: one scenario file, simulated or real, one verdict with
//! evidence.
//!
//! This room puts the others together: the command line, and what it shares with people's own test
//! suites. It decides nothing about a mesh itself.
//!
//! Reading order: [`cli`] (what people type), [`command`] (what each word does), [`plan`] and
//! [`graph`] (what is shown of a topology), [`exit`] (how it ends).

pub mod cli;
pub mod command;
pub mod exit;
pub mod graph;
pub mod plan;

pub use exit::Exit;
