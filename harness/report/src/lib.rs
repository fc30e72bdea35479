//! A finished run, for people and for machines.
//!
//! This room renders what was judged and never judges. Reading order: [`run`] (what happened),
//! [`record`] (its published form, with a schema) and [`json`] (the bytes, the same for the same
//! file and seed), [`junit`] (what CI systems read), [`text`] (what a person reads first),
//! [`recording`] (what is kept of runs on real clusters, and how the simulator compares).

pub mod json;
pub mod junit;
pub mod record;
pub mod recording;
pub mod run;
pub mod text;

pub use run::{CanaryRun, Run, StepRun, Trial, TrialName};
