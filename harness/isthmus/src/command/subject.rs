//! What a command is about: a file, or a name of the catalogue.

use std::path::Path;

use scenario::{Disk, Document, Scenario, Topology, catalogue, problem::nearest};

use super::CommandError;

/// The topology of a file, of a scenario's file, or of the catalogue.
pub(super) fn topology(name: &str) -> Result<Topology, CommandError> {
    let path = Path::new(name);
    if path.exists() || name.ends_with(".yaml") || name.ends_with(".yml") {
        return Ok(match catalogue::library().read(&Disk, path)? {
            Document::Topology(topology) => *topology,
            Document::Scenario(cells) => first_topology(cells),
        });
    }
    of_catalogue(name)
}

fn of_catalogue(name: &str) -> Result<Topology, CommandError> {
    let file =
        |(path, _): &&(&str, &str)| Path::new(path).file_stem().is_some_and(|stem| stem == name);
    if let Some((path, _)) = catalogue::TOPOLOGIES.iter().find(file) {
        return Ok(catalogue::library().topology(&catalogue::Embedded, Path::new(path))?);
    }
    let named = |row: &&catalogue::Row| row.scenario == name || row.id.eq_ignore_ascii_case(name);
    let Some(row) = catalogue::ROWS.iter().find(named) else {
        return Err(unknown(name));
    };
    let cells = catalogue::library().scenario(&catalogue::Embedded, Path::new(&row.path()))?;
    Ok(first_topology(cells))
}

fn first_topology(cells: Vec<Scenario>) -> Topology {
    let first = cells
        .into_iter()
        .next()
        .expect("a scenario has at least one cell");
    first.topology().clone()
}

fn unknown(name: &str) -> CommandError {
    let topologies = catalogue::TOPOLOGIES
        .iter()
        .filter_map(|(path, _)| Path::new(path).file_stem()?.to_str());
    let known = topologies.chain(catalogue::ROWS.iter().map(|row| row.scenario));
    let remedy = match nearest(name, known) {
        Some(near) => format!("did you mean '{near}'?"),
        None => "'isthmus list --catalogue' shows every name".to_owned(),
    };
    CommandError::Unknown {
        name: name.to_owned(),
        remedy,
    }
}
