//! What a command is about: a file, or a name of the catalogue.

use std::path::Path;

use scenario::{Disk, Document, Library, Topology};

use super::CommandError;

/// The topologies that files may refer to by name.
pub(super) fn shelf() -> Library {
    Library::new()
}

/// The topology of a file, of a scenario's file, or of the catalogue.
pub(super) fn topology(name: &str) -> Result<Topology, CommandError> {
    let path = Path::new(name);
    if path.exists() || name.ends_with(".yaml") || name.ends_with(".yml") {
        return Ok(match shelf().read(&Disk, path)? {
            Document::Topology(topology) => *topology,
            Document::Scenario(cells) => cells
                .into_iter()
                .next()
                .expect("a scenario has at least one cell")
                .topology()
                .clone(),
        });
    }
    Err(CommandError::Unknown {
        name: name.to_owned(),
        remedy: "name a file".to_owned(),
    })
}
