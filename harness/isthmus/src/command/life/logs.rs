//! `isthmus logs`: what every node has written, as files.

use std::{fs, io::Write};

use super::{CommandError, on_runtime};
use crate::{Exit, cli::Logs};

pub(in crate::command) fn run(args: &Logs, out: &mut dyn Write) -> Result<Exit, CommandError> {
    let files = on_runtime(async {
        let fleet = kind::fleet::one(&args.name).await?;
        kind::fleet::logs(&fleet).await
    })??;
    for (name, text) in &files {
        let path = args.output.join(name);
        let directory = path.parent().unwrap_or(&args.output);
        let written = fs::create_dir_all(directory).and_then(|()| fs::write(&path, text));
        written.map_err(|source| CommandError::Unwritable {
            path: path.display().to_string(),
            source,
        })?;
    }
    writeln!(
        out,
        "{} files are in {}",
        files.len(),
        args.output.display()
    )?;
    Ok(Exit::Done)
}
