//! From a step that came out badly to the command that explains it.

use report::{StepRun, Trial};
use scenario::{
    Scenario,
    scenario::{Action, Calls, CheckKind, Destination},
};
use world::{Client, Protocol};

use super::{PATH, Question};
use crate::trials::Case;

/// Puts the command to ask next into every bad step of a trial that is itself bad.
pub(crate) fn put_into(trial: &mut Trial, case: &Case) {
    let asks = trial.is_bad();
    for step in &mut trial.steps {
        step.why = match asks && step.is_bad() {
            true => question(case.scenario(), step).map(|asked| command(&asked, step, case)),
            false => None,
        };
    }
}

/// The call that a step is about; `None` for one about none.
fn question(scenario: &Scenario, step: &StepRun) -> Option<Question> {
    let written = scenario.steps().get(step.number.checked_sub(1)?)?;
    let Action::Check(check) = &written.action else {
        return None;
    };
    match &check.kind {
        CheckKind::Reachable { calls, .. }
        | CheckKind::Refused { calls, .. }
        | CheckKind::Share { calls, .. }
        | CheckKind::Mtls { calls, .. } => of_calls(calls, step),
        CheckKind::Budget { of, .. } | CheckKind::Failover { of, .. } => {
            of_calls(traffic(scenario, of)?, step)
        }
        CheckKind::Endpoints {
            seen_by,
            host,
            port,
            ..
        } => seen_by.first().map(|from| get(from, host, *port)),
        CheckKind::Dns { .. }
        | CheckKind::Ready { .. }
        | CheckKind::Pods { .. }
        | CheckKind::Synced { .. } => None,
    }
}

/// The call of the client that came nearest, or of the first.
fn of_calls(calls: &Calls, step: &StepRun) -> Option<Question> {
    let nearest = step.verdict.evidence.nearest.as_ref();
    let nearest = nearest.map(|seen| &seen.call.from);
    let nearest = nearest.filter(|client| calls.from.contains(client));
    Some(Question {
        from: nearest.or(calls.from.first())?.clone(),
        to: calls.to.clone(),
        protocol: calls.protocol.clone(),
    })
}

fn traffic<'a>(scenario: &'a Scenario, name: &str) -> Option<&'a Calls> {
    let mut actions = scenario.steps().iter().map(|step| &step.action);
    actions.find_map(|action| match action {
        Action::Traffic(traffic) if traffic.name == name => Some(&traffic.calls),
        _ => None,
    })
}

fn get(from: &Client, host: &str, port: u16) -> Question {
    let host = host.to_owned();
    Question {
        from: from.clone(),
        to: Destination::Host { host, port },
        protocol: Protocol::get(PATH),
    }
}

/// The command line that asks it, in the state in which the step has left the clusters.
fn command(question: &Question, step: &StepRun, case: &Case) -> String {
    let mut words = vec!["isthmus".to_owned(), "why".to_owned()];
    words.extend(question.options());
    words.extend(["--after".to_owned(), step.number.to_string()]);
    if let Some(canary) = case.canary() {
        words.extend(["--canary".to_owned(), canary.name.clone()]);
    }
    for (axis, value) in case.scenario().cell() {
        words.extend(["--cell".to_owned(), format!("{axis}={value}")]);
    }
    words.extend(case.place().words());
    let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
    words.join(" ")
}

/// A word as a shell reads it back.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "@%+=:,./_-".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_where_a_shell_would_take_them_apart() {
        assert_eq!(quoted("sleep@cluster1"), "sleep@cluster1");
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
    }
}
