//! How a command ends, as a number that scripts can rely on.

use std::process::ExitCode;

use judge::Outcome;

/// The exit codes of every command.
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
    /// The filters match nothing, which must not look like a pass.
    NothingSelected = 4,
    /// Clusters or a mesh did not come up.
    BringUp = 6,
    /// Too little was seen to judge.
    Inconclusive = 8,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl Exit {
    /// The code for the worst outcome of a run.
    pub fn of(worst: Option<Outcome>) -> Self {
        match worst {
            None => Self::NothingSelected,
            Some(Outcome::Pass | Outcome::Skip) => Self::Done,
            Some(Outcome::Inconclusive) => Self::Inconclusive,
            Some(Outcome::Fail) => Self::Failed,
        }
    }
}
