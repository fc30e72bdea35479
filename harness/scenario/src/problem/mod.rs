//! Problems: what is wrong with a file, where, and what to do about it.

mod findings;
mod nearest;
mod path;

pub use findings::{Finding, Findings, Part};
pub use nearest::{did_you_mean, nearest};
pub use path::{FieldPath, Segment};
