//! `isthmus init`: a first topology and scenario in a user's own repository.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    path::Path,
};

use super::CommandError;
use crate::{Exit, cli::Init};

/// What is written, by path.
const FILES: [(&str, &str); 2] = [
    (
        "topologies/two-clusters.yaml",
        include_str!("../../init/topologies/two-clusters.yaml"),
    ),
    (
        "scenarios/reachability.yaml",
        include_str!("../../init/scenarios/reachability.yaml"),
    ),
];

pub(super) fn run(args: &Init, out: &mut dyn Write) -> Result<Exit, CommandError> {
    // Looked at first, so that a second run changes nothing at all.
    for (name, _) in FILES {
        let path = args.directory.join(name);
        if path.exists() {
            return Err(CommandError::Exists {
                path: path.display().to_string(),
            });
        }
    }
    for (name, content) in FILES {
        let path = args.directory.join(name);
        write_new(&path, content).map_err(|source| CommandError::Unwritable {
            path: path.display().to_string(),
            source,
        })?;
        writeln!(out, "wrote {}", path.display())?;
    }
    let directory = args.directory.display();
    writeln!(
        out,
        "\nnext:\n  isthmus test {directory}\n  isthmus plan {directory}/{}",
        FILES[0].0
    )?;
    Ok(Exit::Done)
}

fn write_new(path: &Path, content: &str) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)?
        .write_all(content.as_bytes())
}
