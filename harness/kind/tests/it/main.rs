//! Bad hosts: a Docker daemon of our own behind a Unix socket that lacks, refuses or fails one thing at a
//! time. Each is named by class and remedy, and leaves a clean host.
//!
//! Reading order: `daemon` (the fake, and what remains on it), `bad_host`.

#![expect(
    clippy::unwrap_used,
    reason = "the fake daemon is part of the tests: what goes wrong in it is a broken test"
)]

mod bad_host;
mod daemon;
