//! `isthmus doctor`: whether this host can have the clusters of a topology, before anything is made.

use std::io::Write;

use kind::doctor::{self, Finding, Severity};

use super::{CommandError, chosen, on_runtime};
use crate::{Exit, cli::Doctor, command::subject};

pub(in crate::command) fn run(args: &Doctor, out: &mut dyn Write) -> Result<Exit, CommandError> {
    let topology = args
        .topology
        .as_deref()
        .map(subject::topology)
        .transpose()?;
    let substrate = topology.as_ref().map(|topology| topology.substrate());
    let images = chosen(&args.images)?;
    let findings = on_runtime(doctor::examine_and_try(substrate, &images))?;
    tell(&findings, out)?;
    Ok(match is_unfit(&findings) {
        true => Exit::Environment,
        false => Exit::Done,
    })
}

/// Whether clusters would not come up.
pub(super) fn is_unfit(findings: &[Finding]) -> bool {
    findings
        .iter()
        .any(|finding| finding.severity == Severity::Bad)
}

/// Says what was found, and what to do about it.
pub(super) fn tell(findings: &[Finding], out: &mut dyn Write) -> Result<(), CommandError> {
    for finding in findings {
        writeln!(out, "{:<5} {}", word(finding.severity), finding.what)?;
        if let Some(remedy) = &finding.remedy {
            writeln!(out, "      {remedy}")?;
        }
    }
    Ok(())
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Good => "ok",
        Severity::Risky => "warn",
        Severity::Bad => "FAIL",
    }
}
