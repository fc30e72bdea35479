//! Rehearse multi-cluster Istio meshes: one scenario file, simulated or real, one verdict with
//! evidence.
//!
//! This room puts the others together: the command line, and what it shares with people's own test
//! suites. It decides nothing about a mesh itself.
//!
//! Reading order: [`cli`] (what people type), [`command`] (what each word does); for running
//! scenarios [`engines`] (on what), [`trials`] (which), [`rehearsal`] (many at once), [`console`]
//! (how it is shown), [`question`] (what to ask of a call); [`suite`] (the same for `cargo test`,
//! here and in other repositories); [`recordings`] (the simulator beside real clusters); [`plan`] and [`graph`] (what is shown of a topology);
//! [`interrupt`] and [`exit`] (how it ends).

pub mod cli;
pub mod command;
pub mod console;
pub mod engines;
pub mod exit;
pub mod graph;
pub mod interrupt;
pub mod plan;
pub mod question;
pub mod recordings;
pub mod rehearsal;
mod stopwatch;
pub mod suite;
pub mod trials;

pub use exit::Exit;
/// The allocator of programs that simulate: `#[global_allocator]` in a program's own `main.rs`,
/// which [`scenarios!`] writes by itself. A library must not choose one for its users.
pub use mimalloc::MiMalloc as Allocator;
