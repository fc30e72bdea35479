//! Which clusters a control plane knows: remote secrets.

pub mod rules;
