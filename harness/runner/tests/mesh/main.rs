//! The mesh on the simulator, judged: scenarios of the catalogue through the runner.

mod adversary;
mod alter;
mod alterations;
mod blind;
mod by_hand;
mod calibration;
mod determinism;
mod invariants;
mod kit;
mod objects;
mod odd_objects;
mod rows;
mod rules;
mod scrambled;
mod sequences;
mod unmodelled;
mod watched;
