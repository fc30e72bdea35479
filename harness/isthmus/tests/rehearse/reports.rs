use std::fs;

use isthmus::Exit;
use serde_json::Value;

use crate::kit::{Fate, Files, isthmus};

fn files() -> Files {
    Files::new(&[
        ("a/good", Fate::Passing),
        ("a/bad", Fate::Failing),
        ("b/down", Fate::NotUp),
        ("b/real", Fate::Elsewhere),
    ])
}

#[test]
fn the_record_fits_the_schema_that_is_printed() {
    let schema: Value = serde_json::from_str(&isthmus(&["schema", "report"]).out).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let record: Value = serde_json::from_str(&files().test(&["--format", "json"]).out).unwrap();
    let wrong: Vec<String> = schema.iter_errors(&record).map(|e| e.to_string()).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    let outcomes = record["trials"].as_array().unwrap().iter();
    let outcomes: Vec<&str> = outcomes
        .filter_map(|trial| trial["outcome"].as_str())
        .collect();
    for outcome in ["pass", "fail", "inconclusive", "skip"] {
        assert!(outcomes.contains(&outcome), "no {outcome} in {outcomes:?}");
    }
}

#[test]
fn the_same_files_and_seed_are_the_same_bytes_on_any_number_of_threads() {
    let files = files();
    let record = |jobs| {
        files
            .test(&["--format", "json", "--seed", "7", "--jobs", jobs])
            .out
    };
    let first = record("1");
    assert!(first.contains("\"seed\": 7"), "{first}");
    for jobs in ["1", "2", "4"] {
        assert_eq!(record(jobs), first, "with {jobs} jobs");
    }
}

#[test]
fn printed_and_written_records_are_the_same() {
    let files = files();
    let path = files.join("out/report.json").display().to_string();
    let printed = files.test(&["--format", "json", "--json", &path]).out;
    assert_eq!(fs::read_to_string(path).unwrap(), printed);
}

#[test]
fn wall_times_are_in_the_record_only_where_asked_for() {
    let record = |words: &[&str]| files().test(&[&["--format", "json"], words].concat()).out;
    assert!(!record(&[]).contains("wallSeconds"));
    assert!(record(&["--timings"]).contains("wallSeconds"));
}

#[test]
fn junit_is_written_beside_the_lines_for_people() {
    let files = files();
    let path = files.join("out/junit.xml");
    let said = files.test(&["--junit", &path.display().to_string()]);
    assert_eq!(said.exit, Exit::Failed);
    let xml = fs::read_to_string(path).unwrap();
    for part in [
        "testsuite name=\"a\"",
        "testcase name=\"a/bad [sim]\"",
        "<failure",
        "<error",
        "<skipped message=\"the scenario is for kind only\"",
        "isthmus why --from",
    ] {
        assert!(xml.contains(part), "{part} is missing in\n{xml}");
    }
    assert!(said.out.contains("passed"), "{}", said.out);
}
