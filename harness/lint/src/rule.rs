//! What a rule is.

use std::fmt;

use serde::Serialize;

use crate::{finding::Notes, unit::Unit};

/// Where the pages of rules are published.
const PAGES: &str = "https://github.com/isthmus-mesh/isthmus/blob/main/docs/lint";

/// How bad it is if a rule is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Severity {
    /// Works, and less is proven or survived than could be.
    Note,
    /// Works until something else happens, or may be meant.
    Warning,
    /// Does not do what it is written for.
    Error,
}

/// A rule. Its id never changes its meaning and is never used again.
#[derive(Clone, Copy)]
pub struct Rule {
    /// For example `failover-without-outlier-detection`; also the name of its page.
    pub id: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What goes wrong, in a sentence.
    pub summary: &'static str,
    /// Looks for it.
    pub(crate) check: fn(&Unit, &mut Notes<'_>),
}

impl Rule {
    /// The address of its page.
    pub fn page(&self) -> String {
        format!("{PAGES}/{}.md", self.id)
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rule")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}
