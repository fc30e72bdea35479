//! YAML, and nothing else in this crate knows how it is read or written.
//!
//! People's files are parsed into a [`tree`] that keeps every position, so that all problems of a
//! file can be reported with line and column. Scalars stay text until somebody says what they
//! should be: our own words follow YAML 1.2, the content that belongs to Helm, Istio or Kubernetes
//! follows `kubectl` (see [`scalar`]). The parser is granit-parser: positions in every event,
//! anchors as numbers and a nesting limit of its own, without unsafe code.

mod file;
mod parse;
pub mod scalar;
mod tree;
mod write;

pub use file::{MAX_DOCUMENT, MAX_MANIFESTS, ReadError, decode, read};
pub use parse::{ParseError, parse};
pub use tree::{Entry, Node, Position, Scalar, Style, Value};
pub use write::to_string;
