//! What can be said of topologies, scenarios and Kubernetes manifests without running anything.
//!
//! A finding names a rule with a stable id and a page, a place in a file, what goes wrong and what
//! to do. This room is pure: it reads files only through [`scenario::Files`], never reaches a
//! cluster, and never says that something works; `isthmus test` is for that.
//!
//! Reading order: [`input`] (what is looked at), `unit` and `object` (what rules see, with its place
//! in a file), [`rule`] (what a rule is), `rules` (each of them), [`finding`] (what comes of it),
//! [`text`] and [`sarif`] (how it is shown).

pub mod finding;
pub mod input;
mod object;
mod place;
pub mod rule;
mod rules;
pub mod sarif;
pub mod text;
mod unit;

pub use finding::{Finding, Findings};
pub use input::{Input, lint};
pub use rule::{Rule, Severity};
pub use rules::RULES;
