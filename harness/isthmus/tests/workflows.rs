//! The workflows of this repository name what there is: scripts, command lines, rows and versions.

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::Parser as _;
use isthmus::cli::Cli;
use scenario::catalogue;
use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every job of every workflow.
fn jobs() -> Vec<Value> {
    let files = fs::read_dir(root().join(".github/workflows"));
    let files = files.expect("there are workflows");
    let read = |path: PathBuf| -> Value {
        let text = fs::read_to_string(path).expect("a workflow can be read");
        serde_yaml::from_str(&text).expect("a workflow is YAML")
    };
    let workflows = files.map(|file| read(file.expect("the directory can be read").path()));
    let jobs = workflows.flat_map(|workflow| {
        let jobs = workflow["jobs"].as_object().cloned();
        jobs.unwrap_or_default().into_iter().map(|(_, job)| job)
    });
    jobs.collect()
}

/// The command of every step.
fn commands() -> Vec<String> {
    let steps = jobs().into_iter().flat_map(|job| {
        let steps = job["steps"].as_array().cloned();
        steps.unwrap_or_default()
    });
    let commands = steps.filter_map(|step| step["run"].as_str().map(str::to_owned));
    commands.collect()
}

/// What an axis of a matrix lists, over all jobs.
fn axis(name: &str) -> Vec<String> {
    let jobs = jobs();
    let values = jobs
        .iter()
        .filter_map(|job| job["strategy"]["matrix"][name].as_array());
    let words = values.flatten().filter_map(Value::as_str);
    words.map(str::to_owned).collect()
}

#[test]
fn scripts_that_workflows_run_are_there() {
    let commands = commands();
    let mut scripts = commands.iter().filter_map(|line| line.split(' ').next());
    let missing = scripts.find(|word| word.starts_with("ci/") && !root().join(word).is_file());
    assert_eq!(missing, None);
    assert!(commands.iter().any(|line| line.starts_with("ci/real ")));
}

#[test]
fn words_for_isthmus_are_words_that_it_knows() {
    let of_isthmus = |line: &String| {
        let words = line.strip_prefix("cargo run ")?.split_once("-- ")?.1;
        Some(format!("isthmus {words}"))
    };
    let lines: Vec<String> = commands().iter().filter_map(of_isthmus).collect();
    assert!(!lines.is_empty());
    for line in lines {
        assert!(Cli::try_parse_from(line.split(' ')).is_ok(), "{line}");
    }
}

#[test]
fn every_row_of_a_matrix_is_one_of_the_catalogue() {
    let rows = axis("row");
    assert!(!rows.is_empty());
    for row in rows {
        assert!(catalogue::ROWS.iter().any(|known| known.id == row), "{row}");
    }
}

#[test]
fn every_job_ends_by_itself() {
    assert!(jobs().iter().all(|job| job["timeout-minutes"].is_number()));
}
