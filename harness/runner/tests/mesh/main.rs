//! The mesh on the simulator, judged: scenarios of the catalogue through the runner.

mod adversary;
mod alterations;
mod determinism;
mod kit;
mod rows;
