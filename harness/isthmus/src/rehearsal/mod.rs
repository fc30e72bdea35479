//! Many trials: in parallel, in a few threads, told of as they go.
//!
//! Reading order: [`Rehearsal::run`] (the whole), `one` (a single trial), `pool` (who runs which),
//! `hands` (the threads), [`Stop`] (how it ends early).

mod hands;
mod one;
mod pool;
mod stop;

use std::{num::NonZeroUsize, path::PathBuf, time::Duration};

use report::{Run, Trial, TrialName};

pub(crate) use hands::Hands;
pub(crate) use one::options;
pub use stop::Stop;

use crate::{engines::OpenEngine, question, trials::Case};

/// How trials are run.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The seed of everything that is drawn.
    pub seed: u64,
    /// How long a trial may take on its own clock, beyond the waits that are written in it.
    pub patience: Duration,
    /// How many run at once.
    pub jobs: NonZeroUsize,
    /// Whether no further trial is started once one has failed.
    pub fail_fast: bool,
    /// Where what clusters held is kept of trials that did not pass, if anybody wants it.
    pub diagnosis: Option<PathBuf>,
    /// Whether the process ends with these trials: it frees then what the last ones leave behind in
    /// memory, in one go.
    pub last: bool,
}

impl Settings {
    /// The seed where none is asked for. It is fixed, so that two runs of the same files are the
    /// same run.
    pub const SEED: u64 = 1;
    /// The patience where none is asked for.
    pub const PATIENCE: Duration = Duration::from_secs(600);

    /// The settings that nobody has touched, on a machine with so many cores.
    pub fn on(engine: &OpenEngine) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let jobs = NonZeroUsize::new(engine.parallel(cores)).unwrap_or(NonZeroUsize::MIN);
        Self {
            seed: Self::SEED,
            patience: Self::PATIENCE,
            jobs,
            fail_fast: false,
            diagnosis: None,
            last: false,
        }
    }
}

/// Who wants to know how a rehearsal goes. All of it is called in one thread.
pub trait Audience {
    /// A trial has begun.
    fn begun(&mut self, name: &TrialName);

    /// A trial has ended.
    fn ended(&mut self, trial: &Trial);

    /// The engine has done something on the way.
    fn told(&mut self, line: &str);

    /// Nothing has happened for a moment; `running` is under way for so long each.
    fn waiting(&mut self, running: &[(TrialName, Duration)]);
}

/// Trials that are to be run.
#[derive(Clone, Copy)]
pub struct Rehearsal<'a> {
    /// What they run on.
    pub engine: &'a OpenEngine,
    /// How.
    pub settings: &'a Settings,
    /// The wish to stop.
    pub stop: &'a Stop,
}

impl Rehearsal<'_> {
    /// Runs `cases` and returns what came of each, in the order of names. What was not run because
    /// of a wish to stop or of an earlier failure is among them, as skipped with that reason.
    pub fn run(&self, cases: &[Case], audience: &mut dyn Audience) -> Run {
        let mut done = pool::run(self, cases, audience);
        if let Err(error) = self.engine.close() {
            audience.told(&format!("not everything could be taken down: {error}"));
        }
        let trials = cases.iter().enumerate().map(|(number, case)| {
            let trial = done.remove(&number);
            let mut trial = trial.unwrap_or_else(|| self.not_run(case));
            question::put_into(&mut trial, case);
            trial
        });
        let mut trials: Vec<Trial> = trials.collect();
        trials.sort_by(|a, b| a.name.cmp(&b.name));
        Run {
            isthmus: env!("CARGO_PKG_VERSION").to_owned(),
            seed: self.settings.seed,
            trials,
        }
    }

    /// Runs one case.
    ///
    /// # Panics
    /// If the machine has no thread to spare.
    pub fn run_one(&self, case: &Case) -> Trial {
        std::thread::scope(|scope| {
            let hand = hands::roomy().spawn_scoped(scope, || self.run_here(case));
            let done = hand.expect(hands::SPARE).join();
            done.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    /// Runs one case in this thread, which is one of [`Hands`].
    pub(crate) fn run_here(&self, case: &Case) -> Trial {
        let mut trial = one::run(self, case, 0, || false);
        question::put_into(&mut trial, case);
        trial
    }

    fn not_run(&self, case: &Case) -> Trial {
        let reason = match self.stop.is_requested() {
            true => "not run: interrupted before",
            false => "not run: an earlier trial failed",
        };
        Trial::skipped(case.name(self.engine), reason)
    }
}
