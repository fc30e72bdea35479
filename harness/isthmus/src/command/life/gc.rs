//! `isthmus gc`: removes what nobody needs any more.

use std::io::Write;

use jiff::Timestamp;
use kind::Which;

use super::{CommandError, on_runtime};
use crate::Exit;

pub(in crate::command) fn run(out: &mut dyn Write) -> Result<Exit, CommandError> {
    let now = Timestamp::now();
    let removed = on_runtime(kind::remove(&Which::Unneeded { now }))??;
    for name in removed.names() {
        writeln!(out, "{name} is removed")?;
    }
    if removed.is_empty() {
        writeln!(out, "nothing is left over")?;
    }
    Ok(Exit::Done)
}
