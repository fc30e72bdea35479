//! Findings for people.

use std::fmt::Write as _;

use crate::{Finding, Findings, Severity};

/// A finding in two lines: where and what, then what to do and where that is explained.
pub fn finding(finding: &Finding) -> String {
    let Finding {
        file,
        at,
        path,
        rule,
        severity,
        message,
        remedy,
    } = finding;
    let field = match path.as_str() {
        "" => String::new(),
        path => format!("{path}: "),
    };
    let file = file.display();
    format!("{file}:{at}: {severity}: {field}{message}  [{rule}]\n    {remedy}\n")
}

/// All of them, and how many of each severity.
pub fn render(findings: &Findings) -> String {
    let mut text: String = findings.iter().map(finding).collect();
    let counts = [Severity::Error, Severity::Warning, Severity::Note]
        .map(|severity| format!("{} {severity}s", findings.count(severity)));
    let _ = writeln!(text, "{}", counts.join(", "));
    text
}
