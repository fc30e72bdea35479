//! How a command ends, as a number that scripts can rely on.

use std::process::ExitCode;

use judge::Outcome;
use report::Run;

/// The exit codes of every command. Where several apply to a run, the first of [`Exit::of`] counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Everything asked for was done, and what was judged has passed.
    Done = 0,
    /// A promise was broken, or a canary was not caught.
    Failed = 1,
    /// The command line or a file is wrong; nothing was started.
    Usage = 2,
    /// The machine lacks something; nothing was made.
    Environment = 3,
    /// The filters match nothing, or nothing that they match can run on the engine; neither must
    /// look like a pass.
    NothingSelected = 4,
    /// Clusters or a mesh did not come up.
    BringUp = 6,
    /// Too little was seen to judge.
    Inconclusive = 8,
    /// Somebody pressed Ctrl-C; 128 and the number of the signal, as shells count.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl Exit {
    /// The code of a run: what the mesh did wrong goes before what the environment did, and that
    /// before what could not be said.
    pub fn of(run: &Run) -> Self {
        let any = |outcome| run.count(outcome) > 0;
        if any(Outcome::Fail) {
            Self::Failed
        } else if run.trials.iter().any(|trial| !trial.came_up()) {
            Self::BringUp
        } else if any(Outcome::Inconclusive) {
            Self::Inconclusive
        } else if any(Outcome::Pass) {
            Self::Done
        } else {
            Self::NothingSelected
        }
    }
}

#[cfg(test)]
mod tests {
    use judge::Verdict;
    use report::{StepRun, Trial, TrialName};

    use super::*;

    fn trial(outcome: Outcome) -> Trial {
        let name = TrialName {
            scenario: "fault/a".to_owned(),
            cell: Default::default(),
            canary: None,
            engine: "sim".to_owned(),
        };
        let skipped = Trial::skipped(name, "");
        Trial { outcome, ..skipped }
    }

    fn not_up() -> Trial {
        let mut trial = trial(Outcome::Inconclusive);
        trial.steps.push(StepRun {
            number: 0,
            kind: StepRun::ENVIRONMENT.to_owned(),
            name: String::new(),
            at: Default::default(),
            took: Default::default(),
            verdict: Verdict::inconclusive("clusters come up", "no node became ready"),
            why: None,
        });
        trial
    }

    fn code(trials: Vec<Trial>) -> Exit {
        Exit::of(&Run {
            isthmus: String::new(),
            seed: 1,
            trials,
        })
    }

    #[test]
    fn the_code_of_a_run_is_the_first_that_applies() {
        let [pass, skip, unsaid, fail] = [
            Outcome::Pass,
            Outcome::Skip,
            Outcome::Inconclusive,
            Outcome::Fail,
        ]
        .map(trial);
        for (trials, exit) in [
            (
                vec![pass.clone(), not_up(), unsaid.clone(), fail],
                Exit::Failed,
            ),
            (vec![pass.clone(), unsaid.clone(), not_up()], Exit::BringUp),
            (vec![pass.clone(), unsaid, skip.clone()], Exit::Inconclusive),
            (vec![skip.clone(), pass], Exit::Done),
            (vec![skip], Exit::NothingSelected),
            (vec![], Exit::NothingSelected),
        ] {
            assert_eq!(code(trials), exit);
        }
    }
}
