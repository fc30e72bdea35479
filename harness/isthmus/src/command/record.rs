//! `isthmus record`: keeps what real clusters showed, and holds the simulator against it.

use std::{collections::BTreeMap, io::Write};

use report::recording::{Difference, Recording};

use super::CommandError;
use crate::{
    Exit,
    cli::Record,
    recordings::{Accepted, Shelf, compared, shelf::ISTIO},
};

pub(super) fn run(args: &Record, out: &mut dyn Write) -> Result<Exit, CommandError> {
    let shelf = Shelf::at(&args.into);
    let recordings = recordings(args, &shelf)?;
    let accepted = shelf.accepted()?;
    let mut agrees = true;
    for recording in &recordings {
        let found = compared(recording)?;
        writeln!(
            out,
            "{} of Istio {}: {} trials, {} differences",
            recording.scenario,
            recording.versions.get(ISTIO).map_or("?", String::as_str),
            recording.trials.len(),
            found.len()
        )?;
        for difference in &found {
            agrees &= tell(difference, &accepted, out)?;
        }
    }
    Ok(if agrees { Exit::Done } else { Exit::Failed })
}

/// What is compared: what was recorded now, or everything that is there.
fn recordings(args: &Record, shelf: &Shelf) -> Result<Vec<Recording>, CommandError> {
    let Some(istio) = args.istio.as_ref().filter(|_| !args.compare) else {
        return Ok(shelf.all()?);
    };
    let mut versions: BTreeMap<String, String> = args.with.iter().cloned().collect();
    versions.insert(ISTIO.to_owned(), istio.to_string());
    let mut all = BTreeMap::new();
    for report in &args.reports {
        let taken = shelf.take_in(report, &versions)?.into_iter();
        all.extend(taken.map(|recording| (recording.scenario.clone(), recording)));
    }
    Ok(all.into_values().collect())
}

/// Prints a difference; whether it is a known one.
fn tell(
    difference: &Difference,
    accepted: &Accepted,
    out: &mut dyn Write,
) -> Result<bool, CommandError> {
    let reason = accepted.reason(difference);
    writeln!(out, "  {difference}")?;
    if let Some(reason) = reason {
        writeln!(out, "    known: {reason}")?;
    }
    Ok(reason.is_some())
}
