//! Claims about the simulator, one module per part.
#![expect(clippy::unwrap_used, reason = "the claims' kit stops where it fails")]

mod backoff;
mod batches;
mod clusters;
mod informer;
mod kit;
mod net;
mod reader;
mod restarts;
mod verbs;
mod workloads;
