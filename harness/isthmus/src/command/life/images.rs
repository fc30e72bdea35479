//! `isthmus images`: which images clusters need, whether the Docker daemon has them, and what they are.

use std::{collections::BTreeMap, collections::BTreeSet, io::Write, path::Path};

use kind::stock::{self, Lock, Stocked};

use super::{CommandError, chosen, on_runtime};
use crate::{
    Exit,
    cli::{Images, ImagesVerb, NodeImages},
    command::subject,
    plan,
};

pub(in crate::command) fn run(args: &Images, out: &mut dyn Write) -> Result<Exit, CommandError> {
    match &args.verb {
        ImagesVerb::List { topology, images } => {
            let found = look(topology.as_deref(), images)?;
            list(&found, out)?;
            Ok(match found.values().all(Option::is_some) {
                true => Exit::Done,
                false => Exit::Environment,
            })
        }
        ImagesVerb::Lock {
            topology,
            images,
            output,
        } => {
            let lock = Lock::of(&look(topology.as_deref(), images)?)?.render();
            match output {
                Some(path) => write(path, &lock)?,
                None => out.write_all(lock.as_bytes())?,
            }
            Ok(Exit::Done)
        }
    }
}

/// What the daemon has of every image that is needed.
fn look(
    topology: Option<&str>,
    images: &NodeImages,
) -> Result<BTreeMap<String, Option<Stocked>>, CommandError> {
    let chosen = chosen(images)?;
    let beside = chosen.machine.into_iter().chain(chosen.sample);
    let mut needed: BTreeSet<String> = chosen.preload.into_iter().chain(beside).collect();
    needed.insert(chosen.node);
    if let Some(name) = topology {
        needed.extend(plan::images(&subject::topology(name)?)?);
    }
    Ok(on_runtime(stock::look(needed))??)
}

fn list(found: &BTreeMap<String, Option<Stocked>>, out: &mut dyn Write) -> std::io::Result<()> {
    writeln!(out, "{:<64} {:<8} {:>8}  ID", "IMAGE", "FOR", "MIB")?;
    for (image, stocked) in found {
        match stocked {
            Some(stocked) => writeln!(
                out,
                "{image:<64} {:<8} {:>8}  {}",
                stocked.architecture,
                stocked.size >> 20,
                stocked.id
            )?,
            None => writeln!(
                out,
                "{image:<64} missing: pulled when it is needed, unless --offline"
            )?,
        }
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<(), CommandError> {
    std::fs::write(path, text).map_err(|source| CommandError::Unwritable {
        path: path.display().to_string(),
        source,
    })
}
