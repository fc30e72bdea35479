//! `isthmus test`

use std::{num::NonZeroUsize, path::PathBuf, time::Duration};

use clap::{Args, ValueEnum};
use world::Version;

use crate::{
    engines::{EngineName, Setup},
    trials::Canaries,
};

/// Runs every scenario, once as it is and once per canary: a deliberate violation that a named
/// check must catch.
///
/// Exit codes, the first that applies: 130 interrupted · 2 the command line or a file is wrong ·
/// 3 this machine lacks what the engine needs · 4 nothing was selected, or nothing that was can run
/// on this engine · 1 a promise was broken or a canary not caught · 6 clusters did not come up ·
/// 8 too little was seen to judge · 0 everything passed (what was skipped says why).
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Test {
    /// Files, directories, or rows of the catalogue such as T4.
    #[arg(value_name = "PATH|ROW")]
    pub paths: Vec<PathBuf>,
    /// The whole catalogue, in addition to the paths.
    #[arg(long)]
    pub catalogue: bool,
    /// What to run on; ISTHMUS_ENGINE says it where this is left out.
    #[arg(long, value_enum)]
    pub engine: Option<EngineName>,
    /// What this host adds to it.
    #[command(flatten)]
    pub setup: Setup,
    /// Another version of Istio than topologies say; what is about versions keeps its own.
    #[arg(long, value_name = "VERSION")]
    pub istio: Option<Version>,
    /// Which trials.
    #[command(flatten)]
    pub selected: Selected,
    /// The seed of everything that is drawn; the same one gives the same run on the simulator.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// How long a trial may take on its own clock, beyond the waits written in it: 90s, 10m, 1h.
    #[arg(long, default_value = "10m", value_parser = duration)]
    pub timeout: Duration,
    /// How many trials at once; as many as the engine can have if left out.
    #[arg(long)]
    pub jobs: Option<NonZeroUsize>,
    /// Start no further trial once one has not passed.
    #[arg(long)]
    pub fail_fast: bool,
    /// Leave clusters standing; needs an engine whose clusters outlive this process.
    #[arg(long)]
    pub keep: bool,
    /// Take over what an earlier run left standing for this topology, mesh and all, and leave it again;
    /// what is not there is made anew.
    #[arg(long)]
    pub reuse: bool,
    /// What is told and written.
    #[command(flatten)]
    pub reports: Reports,
}

/// Which trials.
#[derive(Debug, Args)]
pub struct Selected {
    /// Only trials whose name contains this; repeat it for others.
    #[arg(long = "filter", short = 'f', value_name = "TEXT")]
    pub filters: Vec<String>,
    /// A filter or skip is a whole name.
    #[arg(long)]
    pub exact: bool,
    /// No trial whose name contains this; repeat it for others.
    #[arg(long, value_name = "TEXT")]
    pub skip: Vec<String>,
    /// Only trials of this area; repeat it for others.
    #[arg(long = "area", value_name = "AREA")]
    pub areas: Vec<String>,
    /// Whether canaries are run.
    #[arg(long, value_enum, default_value_t)]
    pub canaries: Canaries,
    /// Show the names of the trials and run none.
    #[arg(long)]
    pub list: bool,
}

/// What is told and written.
#[derive(Debug, Args)]
pub struct Reports {
    /// What is printed.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Write the record as JSON to this file.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Write JUnit XML to this file.
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Keep what the clusters of each trial that does not pass held, before they are taken down: objects and
    /// events as files in a folder of its own below this one. Secrets are left out.
    #[arg(long, value_name = "DIR")]
    pub diagnosis: Option<PathBuf>,
    /// Put wall times into the JSON, which then differs from run to run.
    #[arg(long)]
    pub timings: bool,
}

/// What is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    /// Lines for people.
    #[default]
    Text,
    /// The record as JSON, and progress on standard error.
    Json,
}

fn duration(text: &str) -> Result<Duration, String> {
    let read = text.parse::<jiff::SignedDuration>();
    let read = read.map_err(|_| "write it like 90s, 10m or 1h30m".to_owned())?;
    Duration::try_from(read).map_err(|_| "it must not be negative".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_written_as_in_scenarios() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("1h30m"), Ok(Duration::from_secs(5400)));
        for wrong in ["", "ten", "-1s", "5"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
