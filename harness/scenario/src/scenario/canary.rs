//! Canaries: deliberate violations, and the checks that must catch them.

use std::collections::BTreeSet;

use serde::Serialize;
use world::ClusterName;

use super::{
    Action, Change, Check, FaultKind, Step,
    change::{self, ObjectRef},
    fault,
    scope::Scope,
};
use crate::{
    draft::{BreakDraft, CanaryDraft, CaughtAs, Free, ScenarioSpec},
    problem::{FieldPath, Findings, did_you_mean},
};

/// A deliberate violation. A scenario with one that no check catches proves nothing.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Canary {
    /// What it is called; unique in the scenario.
    pub name: String,
    /// The index of the step it comes after; `None` for during the installation.
    pub after: Option<usize>,
    /// What is violated; never empty.
    pub breaks: Vec<Break>,
    /// The check that must catch it, by name.
    pub caught_by: String,
    /// How that check must come out.
    pub caught_as: CaughtAs,
}

/// A violation.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Break {
    /// An object of the installation is left out.
    Omit {
        /// In which clusters.
        clusters: Vec<ClusterName>,
        /// The object.
        object: ObjectRef,
    },
    /// An object of the installation is changed.
    Patch {
        /// In which clusters.
        clusters: Vec<ClusterName>,
        /// The object.
        object: ObjectRef,
        /// A JSON merge patch (RFC 7396).
        merge: Free,
    },
    /// The Helm values of clusters are changed.
    Values {
        /// In which clusters.
        clusters: Vec<ClusterName>,
        /// A JSON merge patch (RFC 7396).
        merge: Free,
    },
    /// A fault that is never healed.
    Fault(FaultKind),
    /// A change.
    Change(Change),
}

pub(super) fn derive(
    spec: &ScenarioSpec,
    scope: &mut Scope<'_>,
    steps: &[Step],
    path: &FieldPath,
    findings: &mut Findings,
) -> Vec<Canary> {
    let mut names = BTreeSet::new();
    let mut canaries = Vec::new();
    for (i, draft) in spec.canaries.iter().enumerate() {
        let at = path.key("canaries").index(i);
        if !names.insert(&draft.name) {
            findings.value(
                &at.key("name"),
                format!("two canaries are called '{}'", draft.name),
                "give this one another name",
            );
        }
        canaries.extend(canary(draft, scope, steps, &at, findings));
    }
    canaries
}

fn canary(
    draft: &CanaryDraft,
    scope: &mut Scope<'_>,
    steps: &[Step],
    at: &FieldPath,
    findings: &mut Findings,
) -> Option<Canary> {
    let before = findings.len();
    let after = after(draft, steps, &at.key("after"), findings);
    check_caught_by(
        draft,
        steps,
        after,
        &at.key("caughtBy").key("check"),
        findings,
    );
    let mut breaks = Vec::new();
    for (i, broken) in draft.breaks.iter().enumerate() {
        let at = match &draft.breaks {
            crate::term::OneOrMany::One(_) => at.key("break"),
            crate::term::OneOrMany::Many(_) => at.key("break").index(i),
        };
        check_moment(broken, after, &at, findings);
        breaks.extend(read(broken, scope, &at, findings));
    }
    if draft.breaks.as_slice().is_empty() {
        findings.value(
            &at.key("break"),
            "nothing is violated",
            "add one of: omit, patch, values, fault, change",
        );
    }
    (findings.len() == before).then(|| Canary {
        name: draft.name.clone(),
        after,
        breaks,
        caught_by: draft.caught_by.check.clone(),
        caught_as: draft.caught_by.outcome,
    })
}

fn after(
    draft: &CanaryDraft,
    steps: &[Step],
    at: &FieldPath,
    findings: &mut Findings,
) -> Option<usize> {
    let written = draft.after.as_ref()?;
    let found = steps
        .iter()
        .position(|step| step.name.as_ref() == Some(written));
    if found.is_none() {
        findings.value(
            at,
            format!("no step is called '{written}'"),
            did_you_mean(
                written,
                steps.iter().filter_map(|step| step.name.as_deref()),
            ),
        );
    }
    found
}

fn check_caught_by(
    draft: &CanaryDraft,
    steps: &[Step],
    after: Option<usize>,
    at: &FieldPath,
    findings: &mut Findings,
) {
    let written = &draft.caught_by.check;
    let judges = |step: &Step| match &step.action {
        Action::Check(check) => check.name == *written,
        Action::Traffic(traffic) => traffic.name == *written,
        _ => false,
    };
    let found = steps.iter().position(judges);
    let names = steps.iter().filter_map(|step| match &step.action {
        Action::Check(check) => Some(check.name.as_str()),
        Action::Traffic(traffic) => Some(traffic.name.as_str()),
        _ => None,
    });
    match (found, after) {
        (None, _) if written == Check::READY => {}
        (None, _) => findings.value(
            at,
            format!("no check is called '{written}'"),
            did_you_mean(written, names.chain([Check::READY]).collect::<Vec<_>>()),
        ),
        (Some(check), Some(after)) if check <= after && !is_traffic(&steps[check]) => findings
            .value(
                at,
                format!("'{written}' comes before the violation and cannot catch it"),
                "choose a check after it, or let the violation come earlier",
            ),
        (Some(_), _) => {}
    }
}

fn is_traffic(step: &Step) -> bool {
    matches!(step.action, Action::Traffic(_))
}

/// What is installed can only be left out or changed while it is installed.
fn check_moment(
    broken: &BreakDraft,
    after: Option<usize>,
    at: &FieldPath,
    findings: &mut Findings,
) {
    let word = match broken {
        BreakDraft::Omit(_) => "omit",
        BreakDraft::Patch(_) => "patch",
        BreakDraft::Values(_) => "values",
        BreakDraft::Fault(_) | BreakDraft::Change(_) => return,
    };
    if after.is_some() {
        findings.key(
            &at.key(word),
            format!("'{word}' acts during the installation, not after a step"),
            "remove 'after', or break it with 'change'",
        );
    }
}

fn read(
    draft: &BreakDraft,
    scope: &mut Scope<'_>,
    at: &FieldPath,
    findings: &mut Findings,
) -> Option<Break> {
    Some(match draft {
        BreakDraft::Omit(draft) => Break::Omit {
            clusters: scope.clusters(&draft.clusters, &at.key("omit").key("in"), findings),
            object: (&draft.object).into(),
        },
        BreakDraft::Patch(draft) => Break::Patch {
            clusters: scope.clusters(&draft.clusters, &at.key("patch").key("in"), findings),
            object: ObjectRef::new(&draft.kind, &draft.name, draft.namespace.as_ref()),
            merge: draft.merge.clone(),
        },
        BreakDraft::Values(draft) => Break::Values {
            clusters: scope.clusters(&draft.clusters, &at.key("values").key("in"), findings),
            merge: draft.merge.clone(),
        },
        BreakDraft::Fault(draft) => {
            Break::Fault(fault::read(draft, scope, &at.key("fault"), findings)?)
        }
        BreakDraft::Change(draft) => {
            Break::Change(change::read(draft, scope, &at.key("change"), findings)?)
        }
    })
}
