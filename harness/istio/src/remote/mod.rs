//! Which clusters a control plane knows: its own and those of its remote secrets.

pub mod registries;
pub mod rules;

pub use registries::{Change, Registries, SecretKey};
