//! Refusals: how a call is refused, and what proves that it could have been answered.

use world::Refusal;

use super::{CheckKind, read::Reader};
use crate::{
    draft::RefusedDraft,
    problem::{FieldPath, Findings, did_you_mean},
    scenario::{Calls, call},
};

impl Reader<'_> {
    pub(super) fn refused(
        &self,
        draft: &RefusedDraft,
        at: &FieldPath,
        findings: &mut Findings,
    ) -> Option<CheckKind> {
        let calls = call::read(&draft.call, self.scope, at, findings)?;
        let manners = draft
            .manners
            .iter()
            .filter_map(|word| refusal(&word.0))
            .collect();
        let twin = self.twin(draft, &calls, at, findings)?;
        Some(CheckKind::Refused {
            calls,
            manners,
            because: draft.because.clone(),
            twin,
        })
    }

    fn twin(
        &self,
        draft: &RefusedDraft,
        calls: &Calls,
        at: &FieldPath,
        findings: &mut Findings,
    ) -> Option<String> {
        let target = calls.to.to_string();
        let positive = &self.names.positive;
        let found = match &draft.twin {
            Some(name) => positive.iter().find(|(other, _)| other == name),
            None => positive.iter().find(|(_, to)| *to == target),
        };
        match (found, &draft.twin) {
            (Some((name, _)), _) => return Some(name.clone()),
            (None, Some(twin)) => findings.value(
                &at.key("twin"),
                format!("no reachable, mtls or share check is called '{twin}'"),
                did_you_mean(twin, positive.iter().map(|(name, _)| name.as_str())),
            ),
            (None, None) => findings.value(
                at,
                format!("nothing proves that '{target}' can be reached at all"),
                format!("add a reachable or mtls check to '{target}', or name one as 'twin:'"),
            ),
        }
        None
    }
}

fn refusal(word: &str) -> Option<Refusal> {
    Some(match word {
        "dns" => Refusal::Dns,
        "refused" => Refusal::Refused,
        "timeout" => Refusal::Timeout,
        "reset" => Refusal::Reset,
        http => Refusal::Http(http.strip_prefix("http-")?.parse().ok()?),
    })
}
