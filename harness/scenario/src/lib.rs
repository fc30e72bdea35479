//! The language: topologies and scenarios as YAML in, validated values out.
//!
//! Whoever holds a [`Topology`] may rely on it: every name exists, every role is possible, every
//! range is planned. This room never runs anything and never renders an object; it says what is
//! declared and what must hold.
//!
//! Reading order: [`draft`] (what is written), [`term`] and [`name`] (its smallest parts),
//! [`problem`] (what can be wrong with it), [`yaml`] and [`schema`] (how it is read and described),
//! [`topology`] (what is declared to exist), [`scenario`] (what must hold), [`library`] (from files
//! to values), [`catalogue`] (what isthmus promises to rehearse).

pub mod catalogue;
pub mod draft;
pub mod library;
pub mod name;
pub mod problem;
pub mod scenario;
pub mod schema;
mod structure;
pub mod term;
pub mod topology;
pub mod yaml;

pub use library::{Disk, Document, Files, Library, Set};
pub use problem::{Problem, Problems};
pub use scenario::Scenario;
pub use topology::Topology;
