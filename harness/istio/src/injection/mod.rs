//! Whether a pod gets a sidecar, and from which revision.

pub mod rules;
