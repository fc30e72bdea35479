//! Findings as SARIF 2.1.0, which code hosts show beside the lines of a change.

use serde_json::{Value as Json, json};

use crate::{Finding, Findings, RULES, Rule, Severity};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
const HOME: &str = "https://github.com/isthmus-mesh/isthmus";

/// One run of this version, with every rule and what it found.
pub fn render(findings: &Findings) -> Json {
    let rules: Vec<Json> = RULES.iter().map(rule).collect();
    let results: Vec<Json> = findings.iter().map(result).collect();
    let driver = json!({
        "name": "isthmus lint",
        "version": env!("CARGO_PKG_VERSION"),
        "informationUri": HOME,
        "rules": rules,
    });
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}],
    })
}

fn rule(rule: &Rule) -> Json {
    json!({
        "id": rule.id,
        "shortDescription": {"text": rule.summary},
        "helpUri": rule.page(),
        "defaultConfiguration": {"level": level(rule.severity)},
    })
}

fn result(finding: &Finding) -> Json {
    let index = RULES.iter().position(|rule| rule.id == finding.rule);
    let location = json!({
        "physicalLocation": {
            "artifactLocation": {"uri": uri(finding)},
            "region": {"startLine": finding.at.line, "startColumn": finding.at.column},
        },
        "logicalLocations": [{"fullyQualifiedName": finding.path}],
    });
    json!({
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": level(finding.severity),
        "message": {"text": format!("{}; {}", finding.message, finding.remedy)},
        "locations": [location],
    })
}

/// The path as a relative reference: only what such a reference cannot hold is escaped.
fn uri(finding: &Finding) -> String {
    let path = finding.file.to_string_lossy().replace('\\', "/");
    let escaped = |character: char| match character {
        ' ' => "%20".to_owned(),
        '%' => "%25".to_owned(),
        '#' => "%23".to_owned(),
        '?' => "%3F".to_owned(),
        plain => plain.to_string(),
    };
    path.chars().map(escaped).collect()
}

/// SARIF's own words.
fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}
