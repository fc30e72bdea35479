//! The mesh on the simulator, judged: scenarios of the catalogue through the runner.

mod adversary;
mod alterations;
mod blind;
mod determinism;
mod invariants;
mod kit;
mod rows;
mod watched;
