//! Runs trials: a scenario, in one cell of its matrix, with or without a canary, on an engine.
//!
//! This room carries out what `scenario` declares with what `manifest` renders on what `engine`
//! offers, and lets `judge` say what came of it. It decides nothing about a mesh itself and never
//! asks which engine it is working on: what an engine cannot do is the reason of a skip, known
//! before anything starts.
//!
//! Reading order: [`trial`] (what is run), [`mod@run`] (a trial from bring-up to tear-down), `site`
//! and `running` (the clusters while they stand, and what is remembered), `install`, `awaited`, [`charts`] and `vm` (stages,
//! what they wait for, objects and facts), `step` with `check`, `fault`, `change` and `traffic` (what happens in it), `target`
//! (addresses that are known only then), `foreign` (what is not ours to touch), `canary` (what is broken on purpose), `cause` (what is missing behind a failure), `conclude` (what came
//! of it), `diagnosis` (what is kept of clusters before they go), [`mod@explain`] (why a call goes as it does).

mod awaited;
mod canary;
mod cause;
mod change;
pub mod charts;
mod check;
mod conclude;
mod diagnosis;
pub mod error;
mod explain;
mod fault;
mod foreign;
mod install;
mod pods;
pub mod run;
mod running;
mod site;
mod step;
mod target;
mod traffic;
pub mod trial;
mod vm;

pub use charts::Charts;
pub use error::{Error, Result};
pub use explain::explain;
pub use run::{Options, run};
pub use trial::{Trial, trials};
