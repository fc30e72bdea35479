//! The mesh on the simulator, judged: scenarios of the catalogue through the runner.

mod kit;
mod rows;
