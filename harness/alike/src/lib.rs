//! No code: its dependencies make `cargo run` and `cargo test` share what they build.
//!
//! Cargo builds a crate with every feature that a selected package asks for, and dependencies of tests
//! count only where tests are built. Two of them ask serde_json and crates below kube for more than
//! programs do, so that either command built everything anew for itself, ten minutes on two cores. Here
//! they are dependencies of a package that both commands select and that no program needs.
//!
//! This room never has code, and nothing depends on it.
