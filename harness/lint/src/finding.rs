//! What comes of a look: findings with their places.

use std::path::PathBuf;

use scenario::yaml::Position;
use serde::Serialize;

use crate::{Rule, Severity, place::Place};

/// A rule that is broken at a place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// The file, as it was named or found.
    pub file: PathBuf,
    /// Where in it.
    pub at: Position,
    /// Which field.
    pub path: String,
    /// The rule's id.
    pub rule: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What goes wrong here.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
}

/// Findings in the order of files and positions, each once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Findings(Vec<Finding>);

impl Findings {
    /// Findings in order.
    pub fn new(mut all: Vec<Finding>) -> Self {
        all.sort();
        all.dedup();
        Self(all)
    }

    /// The findings in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Finding> {
        self.0.iter()
    }

    /// Without those of some rules.
    #[must_use]
    pub fn without(mut self, rules: &[String]) -> Self {
        self.0
            .retain(|finding| !rules.iter().any(|rule| rule == finding.rule));
        self
    }

    /// How many are of a severity.
    pub fn count(&self, severity: Severity) -> usize {
        let of_it = self.0.iter().filter(|finding| finding.severity == severity);
        of_it.count()
    }

    /// The worst severity among them.
    pub fn worst(&self) -> Option<Severity> {
        self.0.iter().map(|finding| finding.severity).max()
    }
}

/// Where one rule puts what it finds.
pub(crate) struct Notes<'a> {
    rule: &'a Rule,
    found: &'a mut Vec<Finding>,
}

impl<'a> Notes<'a> {
    pub(crate) fn of(rule: &'a Rule, found: &'a mut Vec<Finding>) -> Self {
        Self { rule, found }
    }

    /// The rule is broken at a place.
    pub(crate) fn add(
        &mut self,
        at: &Place,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.found.push(Finding {
            file: at.file().to_owned(),
            at: at.position(),
            path: at.path(),
            rule: self.rule.id,
            severity: self.rule.severity,
            message: message.into(),
            remedy: remedy.into(),
        });
    }
}
