//! What a proxy sees: exportTo and Sidecar.

pub mod rules;
