//! `isthmus kubeconfig`: the way to clusters that stand, for kubectl and its like.

use std::{io::Write, path::Path};

use super::{CommandError, on_runtime};
use crate::{Exit, cli::Kubeconfig};

pub(in crate::command) fn run(
    args: &Kubeconfig,
    out: &mut dyn Write,
) -> Result<Exit, CommandError> {
    let text = text(&args.name, args.cluster.as_deref())?;
    match &args.output {
        Some(path) => write(path, &text)?,
        None => out.write_all(text.as_bytes())?,
    }
    Ok(Exit::Done)
}

/// The file for one cluster of a run, or for all of them.
pub(super) fn text(run: &str, cluster: Option<&str>) -> Result<String, CommandError> {
    let config = on_runtime(async {
        let fleet = kind::fleet::one(run).await?;
        kind::fleet::kubeconfig(&fleet, cluster).await
    })??;
    // JSON is YAML, and kubectl reads both.
    Ok(serde_json::to_string_pretty(&config).expect("a kubeconfig has text keys only") + "\n")
}

/// Writes credentials: for the eyes of this user only.
pub(super) fn write(path: &Path, text: &str) -> Result<(), CommandError> {
    let mut options = std::fs::File::options();
    options.create(true).truncate(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|source| CommandError::Unwritable {
        path: path.display().to_string(),
        source,
    })
}
