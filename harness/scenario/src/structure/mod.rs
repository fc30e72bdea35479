//! Structure: whether a document has the fields, types and words that its schema allows.
//!
//! The JSON schema that editors use is the only description of the structure. It is compiled once
//! into [`Shape`]s, and one walk over a document's tree reports every deviation with its position
//! and gives the JSON value from which the draft is made. A JSON-schema library would find the same
//! deviations (a test compares them) but could neither say "did you mean" nor keep positions.

mod check;
mod compile;
mod shape;

pub(crate) use check::{Checked, check};
pub(crate) use compile::compile;
pub(crate) use shape::Schema;
