//! A finished run, for people and for machines.
//!
//! This room renders what was judged and never judges: [`run`] holds what happened, [`json`] is the
//! record that is the same to the byte for the same file and seed, [`junit`] is what CI systems
//! read, [`text`] is what a person reads first.

pub mod json;
pub mod junit;
pub mod run;
pub mod text;

pub use run::{CanaryRun, Run, StepRun, Trial, TrialName};
