//! Why an object is refused: every problem with the exact path of its field.

use std::fmt;

use world::Version;

use crate::version::Release;

/// What is wrong with an object, all of it at once.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KindError {
    /// The object is of a kind that Istio reads and isthmus does not.
    #[error("{kind} {name} is not modelled: {reason}")]
    UnmodelledKind {
        /// Its `apiVersion` and kind.
        kind: String,
        /// Its namespace and name.
        name: String,
        /// Why not, or what to write in its place.
        reason: &'static str,
    },
    /// The object's kind is Istio's, but it is not served at that version.
    #[error("{kind} {name} is not served at this version: write one of {}", .served.join(", "))]
    UnknownVersion {
        /// Its `apiVersion` and kind.
        kind: String,
        /// Its namespace and name.
        name: String,
        /// The versions that are served.
        served: &'static [&'static str],
    },
    /// The object is none of Istio's.
    #[error("{kind} is not one of Istio's kinds")]
    Foreign {
        /// Its `apiVersion` and kind.
        kind: String,
    },
    /// The object's fields are wrong.
    #[error("{what} is refused: {}", listed(.problems))]
    Fields {
        /// Its kind, namespace and name.
        what: String,
        /// What is wrong, in the order of the fields.
        problems: Vec<Problem>,
    },
}

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The field, such as `spec.http[0].route[1].destination.host`.
    pub path: String,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Istio reads this field and isthmus does not.
    #[error("Istio has this field; isthmus does not model it yet")]
    Unmodelled,
    /// Istio knows this value and isthmus does not model it.
    #[error("Istio has the value {0}; isthmus does not model it yet")]
    UnmodelledValue(String),
    /// A newer Istio reads this field, and the one that is to read it does not.
    #[error("Istio {version} does not read this field, which is new in {since}")]
    Newer {
        /// The first release that reads it.
        since: Release,
        /// The release that is to read it.
        version: Version,
    },
    /// Istio has no such field.
    #[error("Istio has no such field{}", did_you_mean(.nearest.as_deref()))]
    Unknown {
        /// The most similar field there is.
        nearest: Option<String>,
    },
    /// The field must be written.
    #[error("this field is required")]
    Missing,
    /// The value is of another type.
    #[error("this must be {expected}, not {found}")]
    Type {
        /// What it must be.
        expected: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// The value is none of those that there are.
    #[error("{value} is none of {}", .allowed.join(", "))]
    Value {
        /// What is written.
        value: String,
        /// What may be written.
        allowed: Vec<&'static str>,
    },
    /// The value is of the right type and still wrong.
    #[error("{0}")]
    Invalid(String),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.fault)
    }
}

fn listed(problems: &[Problem]) -> String {
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    lines.join("; ")
}

fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |field| format!(": did you mean {field}?"))
}
