//! What the DNS table of a proxy holds.

pub mod rules;
