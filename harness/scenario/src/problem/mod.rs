//! Problems: what is wrong with a file, where, and what to do about it.

mod findings;
mod nearest;
mod path;

use std::{
    fmt,
    path::{Path, PathBuf},
};

use serde::Serialize;

pub use findings::{Finding, Findings, Part, Trouble};
pub use nearest::{did_you_mean, nearest};
pub use path::{FieldPath, Segment};

use crate::yaml::{Node, ParseError, Position, ReadError};

/// One thing that is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Problem {
    /// The file, as it was named.
    pub file: PathBuf,
    /// Where in it.
    pub at: Position,
    /// Which field; empty where it is about the whole file.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
}

/// Everything that is wrong with some files: never empty, in the order of file and position.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// Problems in order, without repetitions; `None` if there are none.
    pub fn new(mut problems: Vec<Problem>) -> Option<Self> {
        problems.sort();
        problems.dedup();
        (!problems.is_empty()).then_some(Self(problems))
    }

    /// One problem.
    pub fn one(problem: Problem) -> Self {
        Self(vec![problem])
    }

    /// The problems in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.0.iter()
    }

    /// The problems in order.
    pub fn into_vec(self) -> Vec<Problem> {
        self.0
    }

    /// Findings about a document with the positions they have in it.
    pub(crate) fn located(file: &Path, document: &Node, findings: Findings) -> Option<Self> {
        let locate = |finding: Finding| Problem {
            file: file.to_owned(),
            at: finding
                .at
                .unwrap_or_else(|| document.position(&finding.path, finding.part)),
            path: finding.path.to_string(),
            message: finding.message,
            remedy: finding.remedy,
        };
        Self::new(findings.into_vec().into_iter().map(locate).collect())
    }

    /// A problem with a file as a whole.
    pub(crate) fn whole_file(file: &Path, at: Position, message: String, remedy: &str) -> Self {
        Self::one(Problem {
            file: file.to_owned(),
            at,
            path: String::new(),
            message,
            remedy: remedy.to_owned(),
        })
    }

    /// The problem with a file that is no text.
    pub fn unreadable(file: &Path, error: &ReadError) -> Self {
        let cause = std::error::Error::source(error).map(|cause| format!(": {cause}"));
        let message = format!("{error}{}", cause.unwrap_or_default());
        Self::whole_file(file, error.at(), message, error.remedy())
    }

    /// The problem with a text that is no YAML.
    pub fn not_yaml(file: &Path, error: &ParseError) -> Self {
        Self::whole_file(file, error.at(), error.to_string(), error.remedy())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.file.display(), self.at)?;
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        write!(f, "{}\n    {}", self.message, self.remedy)
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

impl IntoIterator for Problems {
    type Item = Problem;
    type IntoIter = std::vec::IntoIter<Problem>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
