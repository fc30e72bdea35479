//! Server-side apply: who owns which field, and what an apply changes, keeps and refuses.
//!
//! The rules are those of structured-merge-diff, which Kubernetes uses.
//!
//! Reading order: [`set`] (sets of fields), [`walk`] (the fields of an object), [`compare`] (what
//! changed), [`merge`] and [`prune`] (the new object), [`managed`] (the owners beside the object),
//! [`owners`] (updates), [`applier`] (applies).

mod applier;
mod compare;
mod managed;
mod merge;
mod owners;
mod path;
mod prune;
mod set;
mod walk;

pub(crate) use applier::apply;
pub(crate) use managed::{Owners, Stamp};
pub(crate) use owners::track_update;
pub(crate) use walk::doubled;
