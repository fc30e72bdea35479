//! Runs trials: a scenario, in one cell of its matrix, with or without a canary, on an engine.
//!
//! This room carries out what `scenario` declares with what `manifest` renders on what `engine`
//! offers, and lets `judge` say what came of it. It decides nothing about a mesh itself and never
//! asks which engine it is working on: what an engine cannot do is the reason of a skip, known
//! before anything starts.
//!
//! Reading order: [`trial`] (what is run), [`mod@run`] (a trial from bring-up to tear-down), `site`
//! (the clusters while they stand), `install` (stages and facts), `step` with `check`, `fault`,
//! `change` and `traffic` (what happens in it), `target` (addresses that are known only then).

mod change;
mod check;
pub mod error;
mod fault;
mod install;
pub mod run;
mod site;
mod step;
mod target;
mod traffic;
pub mod trial;

pub use error::{Error, Result};
pub use run::{Options, run};
pub use trial::{Trial, trials};
