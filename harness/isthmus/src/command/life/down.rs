//! `isthmus down`: removes clusters by their name.

use std::io::Write;

use kind::Which;

use super::{CommandError, on_runtime};
use crate::{Exit, cli::Down};

pub(in crate::command) fn run(args: &Down, out: &mut dyn Write) -> Result<Exit, CommandError> {
    let removed = on_runtime(async {
        kind::fleet::one(&args.name).await?;
        kind::remove(&Which::Run(args.name.clone())).await
    })??;
    let (containers, networks) = (removed.containers.len(), removed.networks.len());
    writeln!(
        out,
        "{}: {containers} containers and {networks} networks are removed",
        args.name
    )?;
    Ok(Exit::Done)
}
