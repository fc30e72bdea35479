//! `isthmus plan`: what an installation would do.

use std::io::Write;

use super::{CommandError, subject};
use crate::{Exit, cli::Subject, plan::plan};

pub(super) fn run(args: &Subject, out: &mut dyn Write) -> Result<Exit, CommandError> {
    let topology = subject::topology(&args.subject)?;
    out.write_all(plan(&topology)?.as_bytes())?;
    Ok(Exit::Done)
}
