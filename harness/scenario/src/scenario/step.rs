//! Steps: what happens, one after another.

use std::{collections::BTreeSet, time::Duration};

use serde::Serialize;

use super::{
    Budget, Calls, Change, Check, Fault, FaultKind, call, change,
    check::{self, Names},
    fault,
    scope::Scope,
};
use crate::{
    draft::{
        CallDraft, ChangeDraft, CheckDraft, CheckKindDraft, FaultDraft, ScenarioSpec, StepDraft,
        TrafficDraft,
    },
    problem::{FieldPath, Findings, did_you_mean},
    term::Rate,
};

/// One step.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// Its name if it has one: that of its check, traffic, fault, upgrade or application.
    pub name: Option<String>,
    /// What happens.
    pub action: Action,
}

/// What happens in a step.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Action {
    /// The mesh is asked something and the answers are judged.
    Check(Check),
    /// Continuous traffic starts.
    Traffic(Traffic),
    /// Something is broken.
    Fault(Fault),
    /// The fault of this name is healed.
    Heal(String),
    /// Time passes.
    Wait(Duration),
    /// Something is changed.
    Change(Change),
}

/// Continuous traffic: it goes on until the scenario ends.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Traffic {
    /// What it is called; unique in the scenario.
    pub name: String,
    /// The calls.
    pub calls: Calls,
    /// How often each client calls.
    pub rate: Rate,
    /// What may go wrong until the scenario ends.
    pub budget: Budget,
}

impl Step {
    /// Whether it breaks or changes something below the mesh.
    pub fn breaks_the_substrate(&self) -> bool {
        match &self.action {
            Action::Fault(fault) => matches!(
                fault.kind,
                FaultKind::Substrate(_)
                    | FaultKind::PauseControlPlane(_)
                    | FaultKind::Certificate { .. }
            ),
            Action::Change(change) => matches!(
                change,
                Change::Clock(_) | Change::RotateRoot { .. } | Change::Upgrade(_)
            ),
            Action::Check(_) | Action::Traffic(_) | Action::Heal(_) | Action::Wait(_) => false,
        }
    }
}

pub(super) fn derive(
    spec: &ScenarioSpec,
    scope: &mut Scope<'_>,
    path: &FieldPath,
    findings: &mut Findings,
) -> Vec<Step> {
    let at = path.key("steps");
    let mut reader = Reader {
        scope,
        names: Names {
            positive: positive(spec),
            ..Names::default()
        },
        taken: BTreeSet::from([Check::READY.to_owned()]),
        active: BTreeSet::new(),
    };
    let mut steps = Vec::new();
    for (i, draft) in spec.steps.iter().enumerate() {
        steps.extend(reader.step(draft, i, &at.index(i), findings));
    }
    reader.has_a_check(&steps, &at, findings);
    steps
}

/// The positive checks of a scenario with the targets as they are written.
fn positive(spec: &ScenarioSpec) -> Vec<(String, String)> {
    let checks = spec
        .steps
        .iter()
        .enumerate()
        .filter_map(|(i, step)| match step {
            StepDraft::Check(check) => Some((i, check)),
            _ => None,
        });
    checks
        .filter_map(|(i, check)| {
            let call = match &check.kind {
                CheckKindDraft::Reachable(draft) => &draft.call,
                CheckKindDraft::Mtls(draft) => &draft.call,
                CheckKindDraft::Share(draft) => &draft.call,
                _ => return None,
            };
            Some((check_name(check, i), call.to.clone()))
        })
        .collect()
}

/// The name of a check, made up from its number and kind if none is written.
fn check_name(draft: &CheckDraft, index: usize) -> String {
    let made_up = || {
        let number = index + 1;
        match called(&draft.kind) {
            Some(call) => {
                let from: Vec<&str> = call.from.iter().map(String::as_str).collect();
                format!(
                    "step {number}: {} {} → {}",
                    word(&draft.kind),
                    from.join(", "),
                    call.to
                )
            }
            None => format!("step {number}: {}", word(&draft.kind)),
        }
    };
    draft.name.clone().unwrap_or_else(made_up)
}

fn called(kind: &CheckKindDraft) -> Option<&CallDraft> {
    match kind {
        CheckKindDraft::Reachable(draft) => Some(&draft.call),
        CheckKindDraft::Refused(draft) => Some(&draft.call),
        CheckKindDraft::Share(draft) => Some(&draft.call),
        CheckKindDraft::Mtls(draft) => Some(&draft.call),
        CheckKindDraft::Dns(_)
        | CheckKindDraft::Ready(_)
        | CheckKindDraft::Pods(_)
        | CheckKindDraft::Synced(_)
        | CheckKindDraft::Endpoints(_)
        | CheckKindDraft::Budget(_)
        | CheckKindDraft::Failover(_) => None,
    }
}

fn word(kind: &CheckKindDraft) -> &'static str {
    match kind {
        CheckKindDraft::Reachable(_) => "reachable",
        CheckKindDraft::Refused(_) => "refused",
        CheckKindDraft::Share(_) => "share",
        CheckKindDraft::Mtls(_) => "mtls",
        CheckKindDraft::Dns(_) => "dns",
        CheckKindDraft::Ready(_) => "ready",
        CheckKindDraft::Pods(_) => "pods",
        CheckKindDraft::Synced(_) => "synced",
        CheckKindDraft::Endpoints(_) => "endpoints",
        CheckKindDraft::Budget(_) => "budget",
        CheckKindDraft::Failover(_) => "failover",
    }
}

struct Reader<'a, 'b> {
    scope: &'a mut Scope<'b>,
    names: Names,
    /// Names of steps so far.
    taken: BTreeSet<String>,
    /// Faults that are not healed yet.
    active: BTreeSet<String>,
}

impl Reader<'_, '_> {
    fn step(
        &mut self,
        draft: &StepDraft,
        index: usize,
        at: &FieldPath,
        findings: &mut Findings,
    ) -> Option<Step> {
        match draft {
            StepDraft::Check(draft) => self.check(draft, index, &at.key("check"), findings),
            StepDraft::Traffic(draft) => self.traffic(draft, &at.key("traffic"), findings),
            StepDraft::Fault(draft) => self.fault(draft, &at.key("fault"), findings),
            StepDraft::Heal(name) => self.heal(name, &at.key("heal"), findings),
            StepDraft::Wait(period) => Some(Step {
                name: None,
                action: Action::Wait(period.as_duration()),
            }),
            StepDraft::Change(draft) => self.change(draft, at, findings),
        }
    }

    fn check(
        &mut self,
        draft: &CheckDraft,
        index: usize,
        at: &FieldPath,
        findings: &mut Findings,
    ) -> Option<Step> {
        let name = check_name(draft, index);
        self.take(&name, &at.key("name"), findings);
        let check = check::derive(draft, name.clone(), self.scope, &self.names, at, findings)?;
        Some(Step {
            name: Some(name),
            action: Action::Check(check),
        })
    }

    fn traffic(
        &mut self,
        draft: &TrafficDraft,
        at: &FieldPath,
        findings: &mut Findings,
    ) -> Option<Step> {
        self.take(&draft.name, &at.key("name"), findings);
        let budget = check::budget(&draft.budget);
        self.names.traffic.insert(draft.name.clone(), budget);
        let calls = call::read(&draft.call, self.scope, at, findings)?;
        Some(Step {
            name: Some(draft.name.clone()),
            action: Action::Traffic(Traffic {
                name: draft.name.clone(),
                calls,
                rate: draft.rate,
                budget,
            }),
        })
    }

    fn fault(
        &mut self,
        draft: &FaultDraft,
        at: &FieldPath,
        findings: &mut Findings,
    ) -> Option<Step> {
        let name = draft.name.clone();
        self.take(&name, &at.key("as"), findings);
        self.names.faults.insert(name.clone());
        self.active.insert(name.clone());
        let kind = fault::read(&draft.kind, self.scope, at, findings)?;
        Some(Step {
            name: Some(name.clone()),
            action: Action::Fault(Fault { name, kind }),
        })
    }

    fn heal(&mut self, name: &str, at: &FieldPath, findings: &mut Findings) -> Option<Step> {
        if !self.active.remove(name) {
            findings.value(
                at,
                format!("no fault called '{name}' is there to heal at this step"),
                did_you_mean(name, self.active.iter().map(String::as_str)),
            );
            return None;
        }
        Some(Step {
            name: None,
            action: Action::Heal(name.to_owned()),
        })
    }

    fn change(
        &mut self,
        draft: &ChangeDraft,
        at: &FieldPath,
        findings: &mut Findings,
    ) -> Option<Step> {
        let name = match draft {
            ChangeDraft::Apply(apply) => apply.name.clone().map(|name| (name, "apply")),
            ChangeDraft::Upgrade(upgrade) => Some((upgrade.name.clone(), "upgrade")),
            _ => None,
        };
        if let Some((name, word)) = &name {
            self.take(name, &at.key(word).key("name"), findings);
        }
        let change = change::read(draft, self.scope, at, findings)?;
        Some(Step {
            name: name.map(|(name, _)| name),
            action: Action::Change(change),
        })
    }

    fn take(&mut self, name: &str, at: &FieldPath, findings: &mut Findings) {
        if !self.taken.insert(name.to_owned()) {
            let message = if name == Check::READY {
                format!("'{name}' is the name of the check that every scenario implies")
            } else {
                format!("two steps are called '{name}'")
            };
            findings.value(at, message, "give this one another name");
        }
    }

    /// A scenario that checks nothing proves nothing.
    fn has_a_check(&self, steps: &[Step], at: &FieldPath, findings: &mut Findings) {
        let judges = |step: &Step| matches!(step.action, Action::Check(_) | Action::Traffic(_));
        if findings.is_empty() && !steps.iter().any(judges) {
            findings.value(
                at,
                "no step checks anything, so the scenario proves nothing",
                "add a 'check:' or a 'traffic:' with a budget",
            );
        }
    }
}
