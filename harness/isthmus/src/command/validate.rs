//! `isthmus validate`: every problem of every file in one go.

use std::io::Write;

use scenario::{Set, catalogue};

use super::CommandError;
use crate::{Exit, cli::Validate};

pub(super) fn run(
    args: &Validate,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Result<Exit, CommandError> {
    let set = Set::read(&catalogue::library(), &args.paths);
    let problems = set
        .problems
        .map(scenario::Problems::into_vec)
        .unwrap_or_default();
    if args.json {
        serde_json::to_writer_pretty(&mut *out, &problems).map_err(std::io::Error::from)?;
        writeln!(out)?;
    } else {
        for problem in &problems {
            writeln!(err, "{problem}")?;
        }
    }
    match (problems.len(), set.documents.len()) {
        (0, 0) => {
            writeln!(
                err,
                "no file of isthmus is among what was named; 'isthmus init' writes a first one"
            )?;
            Ok(Exit::NothingSelected)
        }
        (0, valid) => {
            if !args.json {
                writeln!(out, "{valid} valid")?;
            }
            Ok(Exit::Done)
        }
        (wrong, valid) => {
            writeln!(err, "{wrong} problems; {valid} files valid")?;
            Ok(Exit::Usage)
        }
    }
}
