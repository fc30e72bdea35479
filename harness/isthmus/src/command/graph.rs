//! `isthmus graph`: a topology as a picture.

use std::{fs, io::Write};

use super::{CommandError, subject};
use crate::{
    Exit,
    cli::{Graph, GraphFormat},
    graph::{Diagram, mermaid, svg},
};

pub(super) fn run(args: &Graph, out: &mut dyn Write) -> Result<Exit, CommandError> {
    let diagram = Diagram::of(&subject::topology(&args.subject.subject)?);
    let drawn = match args.format {
        GraphFormat::Mermaid => mermaid::draw(&diagram),
        GraphFormat::Svg => svg::draw(&diagram),
    };
    match &args.output {
        None => out.write_all(drawn.as_bytes())?,
        Some(path) => fs::write(path, drawn).map_err(|source| CommandError::Unwritable {
            path: path.display().to_string(),
            source,
        })?,
    }
    Ok(Exit::Done)
}
