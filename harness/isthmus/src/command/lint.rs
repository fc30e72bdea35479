//! `isthmus lint`: what can be said of files without running anything.

use std::{
    collections::BTreeSet,
    io::{self, Write},
    path::{Path, PathBuf},
};

use lint::{Findings, Input, RULES, Severity, sarif, text};
use scenario::{Disk, catalogue};
use walkdir::WalkDir;

use super::CommandError;
use crate::{
    Exit,
    cli::{Lint, LintFormat, LintSubject},
};

pub(super) fn run(
    args: &Lint,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Result<Exit, CommandError> {
    if args.rules {
        return rules(out);
    }
    known(&args.allow)?;
    let inputs = inputs(&args.subjects)?;
    if inputs.is_empty() {
        writeln!(
            err,
            "no file *.yaml, *.yml or *.json is among what was named"
        )?;
        return Ok(Exit::NothingSelected);
    }
    let findings = lint::lint(&Disk, &catalogue::library(), &inputs)?.without(&args.allow);
    print(args.format, &findings, out)?;
    let deny = Severity::from(args.deny);
    Ok(match findings.worst().is_some_and(|worst| worst >= deny) {
        true => Exit::Failed,
        false => Exit::Done,
    })
}

fn rules(out: &mut dyn Write) -> Result<Exit, CommandError> {
    for rule in RULES {
        let severity = rule.severity.to_string();
        writeln!(out, "{:<36} {severity:<8} {}", rule.id, rule.summary)?;
    }
    Ok(Exit::Done)
}

/// A rule that is left out by a mistyped id would be a silent one.
fn known(allow: &[String]) -> Result<(), CommandError> {
    let unknown = allow
        .iter()
        .find(|id| !RULES.iter().any(|rule| rule.id == **id));
    match unknown {
        None => Ok(()),
        Some(written) => Err(CommandError::NoSuchRule {
            written: written.clone(),
            remedy: scenario::problem::did_you_mean(written, RULES.iter().map(|rule| rule.id)),
        }),
    }
}

fn print(format: LintFormat, findings: &Findings, out: &mut dyn Write) -> Result<(), CommandError> {
    match format {
        LintFormat::Text => out.write_all(text::render(findings).as_bytes())?,
        LintFormat::Json => {
            serde_json::to_writer_pretty(&mut *out, findings).map_err(io::Error::from)?;
            writeln!(out)?;
        }
        LintFormat::Sarif => {
            let log = sarif::render(findings);
            serde_json::to_writer_pretty(&mut *out, &log).map_err(io::Error::from)?;
            writeln!(out)?;
        }
    }
    Ok(())
}

/// Every file once, in order; of directories those that may hold manifests.
fn inputs(subjects: &[LintSubject]) -> Result<Vec<Input>, CommandError> {
    let mut inputs = Vec::new();
    let mut seen = BTreeSet::new();
    for subject in subjects {
        for file in files(&subject.path)? {
            if seen.insert((file.clone(), subject.cluster.clone())) {
                inputs.push(Input {
                    file,
                    cluster: subject.cluster.clone(),
                });
            }
        }
    }
    Ok(inputs)
}

/// Links are followed to files only, so that no cycle of directories is walked.
fn files(path: &Path) -> Result<Vec<PathBuf>, CommandError> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    for entry in WalkDir::new(path).sort_by_file_name() {
        let entry = entry.map_err(|error| CommandError::Unreadable {
            path: error.path().unwrap_or(path).display().to_string(),
            source: error.into(),
        })?;
        if !entry.file_type().is_dir() && is_manifest(entry.path()) {
            found.push(entry.into_path());
        }
    }
    Ok(found)
}

fn is_manifest(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    matches!(extension, Some("yaml" | "yml" | "json"))
}
