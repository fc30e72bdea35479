//! `isthmus schema`: for editors.

use std::io::Write;

use super::CommandError;
use crate::{
    Exit,
    cli::{Schema, SchemaKind},
};

pub(super) fn run(args: &Schema, out: &mut dyn Write) -> Result<Exit, CommandError> {
    let schema = match args.kind {
        SchemaKind::Topology => scenario::schema::topology(),
        SchemaKind::Scenario => scenario::schema::scenario(),
        SchemaKind::Report => report::record::Report::schema(),
    };
    serde_json::to_writer_pretty(&mut *out, &schema).map_err(std::io::Error::from)?;
    writeln!(out)?;
    Ok(Exit::Done)
}
