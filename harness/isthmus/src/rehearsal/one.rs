//! One trial: on a runtime of its own, bounded in time, and never able to take the others along.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

use report::Trial;
use scenario::{
    Scenario,
    scenario::{Action, Step, Waiting},
};

use super::{Rehearsal, Settings, Stop};
use crate::{engines::OpenEngine, stopwatch::Stopwatch, trials::Case};

/// Runs a case and says what came of it, whatever happens. It takes room on the thread's stack.
/// `last` says, once it is done, whether the process ends with it.
pub(super) fn run(
    rehearsal: &Rehearsal<'_>,
    case: &Case,
    number: usize,
    last: impl FnOnce() -> bool,
) -> Trial {
    let Rehearsal {
        engine,
        settings,
        stop,
    } = *rehearsal;
    if let Some(reason) = case.skipped_on(engine) {
        return Trial::skipped(case.name(engine), reason);
    }
    let watch = Stopwatch::start();
    let options = options(engine, case.scenario(), number, settings);
    // What a panic leaves behind is the trial's own, and dropped with its runtime.
    let work = AssertUnwindSafe(|| engine.run_as_last(bounded(engine, case, &options, stop), last));
    let trial = catch_unwind(work).unwrap_or_else(|panic| {
        Trial::inconclusive(case.name(engine), said(&*panic, settings.seed))
    });
    Trial {
        wall: watch.elapsed(),
        ..trial
    }
}

/// How a scenario is run.
pub(crate) fn options(
    engine: &OpenEngine,
    scenario: &Scenario,
    number: usize,
    settings: &Settings,
) -> runner::Options {
    runner::Options {
        run: engine.run_name(number),
        seed: settings.seed,
        now: engine.now(),
        images: engine.images(),
        charts: engine.charts(),
        values: engine.values(),
        patience: settings.patience.saturating_add(written_waits(scenario)),
        diagnosis: settings.diagnosis.clone(),
    }
}

async fn bounded(
    engine: &OpenEngine,
    case: &Case,
    options: &runner::Options,
    stop: &Stop,
) -> Trial {
    let inconclusive = |reason: String| Trial::inconclusive(case.name(engine), reason);
    let trial = Box::pin(runner::run(engine.engine(), case.trial(), options));
    tokio::select! {
        biased;
        () = stop.requested() => inconclusive("it was interrupted".to_owned()),
        trial = tokio::time::timeout(options.patience, trial) => trial.unwrap_or_else(|_| {
            let patience = report::text::seconds(options.patience);
            inconclusive(format!("it did not end within {patience} of its own clock; see --timeout"))
        }),
    }
}

/// The time that a scenario itself asks for; a wait of hours is no reason for impatience.
fn written_waits(scenario: &Scenario) -> Duration {
    let waits = scenario.steps().iter().map(written_wait);
    waits.fold(Duration::ZERO, Duration::saturating_add)
}

fn written_wait(step: &Step) -> Duration {
    match &step.action {
        Action::Wait(period) => *period,
        Action::Check(check) => match check.timing.then {
            Waiting::Holds(holds) => check.timing.within.saturating_add(holds),
            Waiting::Once | Waiting::InARow(_) => check.timing.within,
        },
        Action::Traffic(_) | Action::Fault(_) | Action::Heal(_) | Action::Change(_) => {
            Duration::ZERO
        }
    }
}

fn said(panic: &(dyn Any + Send), seed: u64) -> String {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("it said nothing");
    format!("isthmus itself failed: {text}; please report this with the file and the seed {seed}")
}
