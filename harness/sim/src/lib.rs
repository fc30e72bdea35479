//! Clusters in this process, on virtual time.

pub mod log;
pub mod net;
pub mod random;
pub mod runtime;
