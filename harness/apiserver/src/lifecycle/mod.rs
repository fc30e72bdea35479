//! The life of an object: creation, change, deletion, and that of its namespace.

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod generation;
pub(crate) mod namespace;
pub(crate) mod update;
