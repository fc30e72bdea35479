//! `isthmus record`

use std::path::PathBuf;

use clap::Args;
use world::Version;

/// Keeps what runs on real clusters observed, from the reports that 'isthmus test --json' wrote, and
/// compares the simulator with it.
///
/// Exit codes: 0 the simulator agrees, or every difference is listed with its reason in
/// differences.yaml beside the recordings · 1 it does not · 2 the command line or a file is wrong.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Record {
    /// Reports of runs on real clusters; without any, what was recorded before is compared.
    #[arg(value_name = "REPORT")]
    pub reports: Vec<PathBuf>,
    /// The version of Istio that ran in them.
    #[arg(long, value_name = "VERSION", required_unless_present = "compare")]
    pub istio: Option<Version>,
    /// Another version that a reader wants to know, such as kubernetes=1.34.2; repeat it for others.
    #[arg(long = "with", value_name = "NAME=VERSION", value_parser = pair)]
    pub with: Vec<(String, String)>,
    /// Where recordings are kept.
    #[arg(long, value_name = "DIRECTORY", default_value = "fixtures/recordings")]
    pub into: PathBuf,
    /// Record nothing; compare what is there.
    #[arg(long, conflicts_with = "reports")]
    pub compare: bool,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let found = text.split_once('=');
    let whole = found.filter(|(name, version)| !name.is_empty() && !version.is_empty());
    let (name, version) = whole.ok_or("write a name and a version, such as kubernetes=1.34.2")?;
    Ok((name.to_owned(), version.to_owned()))
}
