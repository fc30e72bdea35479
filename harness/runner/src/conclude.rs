//! What a trial came to.

use judge::Outcome;
use report::{CanaryRun, StepRun, Trial};
use scenario::{draft::CaughtAs, scenario::Canary};

use crate::check::is_bad;

/// The kind of the step that says what the engine does not model.
pub(crate) const NOT_MODELLED: &str = "notModelled";

/// The kind of the step that says that a violation is in place.
pub(crate) const CANARY: &str = "canary";

/// Writes down what the steps came to: the worst of them, or for a canary whether it was caught.
/// Nothing can be concluded from a run in which something was not modelled.
pub(crate) fn conclude(trial: &mut Trial, canary: Option<&Canary>) {
    let unsaid = trial.steps.iter().find(|step| step.kind == NOT_MODELLED);
    match (unsaid, canary) {
        (Some(step), _) => {
            trial.reason = Some(step.verdict.observed.clone());
            trial.outcome = Outcome::Inconclusive;
        }
        (None, Some(canary)) => of_canary(trial, canary),
        (None, None) => of_scenario(trial),
    }
}

/// Says that something of a trial stands that should not. It changes nothing of what was seen.
pub(crate) fn left_behind(trial: &mut Trial, error: &engine::Error) {
    let left = format!("failed to take everything down: {error}");
    let reason = trial.reason.take();
    trial.reason = Some(match reason {
        Some(reason) => format!("{reason}; {left}"),
        None => left,
    });
}

fn of_scenario(trial: &mut Trial) {
    let worst = trial.steps.iter().max_by_key(|step| step.verdict.outcome);
    trial.outcome = match worst.map(|step| step.verdict.outcome) {
        None => Outcome::Inconclusive,
        // A check that does not apply does not make the rest unsaid.
        Some(Outcome::Skip) => Outcome::Pass,
        Some(outcome) => outcome,
    };
    trial.reason = first_of(trial, trial.outcome)
        .filter(|step| is_bad(step.verdict.outcome))
        .map(said);
}

/// The first step that came to the outcome: later ones may only follow from it.
fn first_of(trial: &Trial, outcome: Outcome) -> Option<&StepRun> {
    let mut steps = trial.steps.iter();
    steps.find(|step| step.verdict.outcome == outcome)
}

fn said(step: &StepRun) -> String {
    format!("{} {}: {}", step.kind, step.name, step.verdict.observed)
}

fn of_canary(trial: &mut Trial, canary: &Canary) {
    let expected = match canary.caught_as {
        CaughtAs::Fail => Outcome::Fail,
        CaughtAs::Inconclusive => Outcome::Inconclusive,
    };
    let spoke = spoken(&trial.steps, canary);
    let caught = spoke.is_some_and(|step| step.verdict.outcome == expected);
    let reason = match spoke {
        Some(step) => format!(
            "'{}' came out as {}: the scenario is unproven",
            canary.caught_by, step.verdict.outcome
        ),
        None => format!(
            "'{}' was never asked{}",
            canary.caught_by,
            trial
                .steps
                .iter()
                .find(|step| is_bad(step.verdict.outcome))
                .map_or_else(String::new, |step| format!("; {}", said(step)),),
        ),
    };
    trial.reason = (!caught).then_some(reason);
    trial.outcome = if caught { Outcome::Pass } else { Outcome::Fail };
    trial.canary = Some(CanaryRun {
        check: canary.caught_by.clone(),
        expected,
        caught,
    });
}

/// The last word of the check that is to catch a canary, if it has spoken.
pub(crate) fn spoken<'a>(steps: &'a [StepRun], canary: &Canary) -> Option<&'a StepRun> {
    let mut steps = steps.iter().rev();
    steps.find(|step| step.name == canary.caught_by && step.kind != CANARY)
}

#[cfg(test)]
mod tests {
    use report::TrialName;

    use super::*;

    #[test]
    fn what_stands_still_is_told_beside_what_the_trial_came_to() {
        let name = TrialName {
            scenario: "a".to_owned(),
            cell: Default::default(),
            canary: None,
            engine: "kind".to_owned(),
        };
        let mut trial = Trial::inconclusive(name, "too few to say");
        left_behind(
            &mut trial,
            &engine::Error::NotCapable(world::Capability::Pause),
        );
        let reason = trial.reason.unwrap();
        assert!(
            reason.starts_with("too few to say; failed to take everything down"),
            "{reason}"
        );
        assert_eq!(trial.outcome, Outcome::Inconclusive);
    }
}
