//! Sample objects in the style of Istio's documentation, each with what becomes of it.
//!
//! A file begins with `# parses`, or with one `# refused: …` line per problem in the order in
//! which they are told; a message that is not an object adds `# as: NAME`.

use std::{fs, path::PathBuf};

use serde_json::Value;

use crate::reading::read;

struct Sample {
    path: PathBuf,
    message: Option<String>,
    refused: Vec<String>,
    value: Value,
}

fn samples() -> Vec<Sample> {
    let root = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/kinds"));
    let files = listed(root).into_iter().flat_map(listed);
    files.map(load).collect()
}

fn listed(folder: PathBuf) -> Vec<PathBuf> {
    let entries = fs::read_dir(&folder).expect("a folder of samples can be read");
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.expect("a sample can be found").path())
        .collect();
    paths.sort();
    paths
}

fn load(path: PathBuf) -> Sample {
    let text = fs::read_to_string(&path).expect("a sample can be read");
    let after = |mark: &str| {
        let lines = text.lines().take_while(|line| line.starts_with('#'));
        let rest = lines.filter_map(|line| line.strip_prefix(mark));
        rest.map(|line| line.trim().to_owned()).collect::<Vec<_>>()
    };
    let refused = after("# refused:");
    let parses = !after("# parses").is_empty();
    assert!(
        parses == refused.is_empty(),
        "{} says neither or both",
        path.display()
    );
    let message = after("# as:").pop();
    let value = serde_yaml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    Sample {
        path,
        message,
        refused,
        value,
    }
}

#[test]
fn every_sample_is_read_or_refused_by_the_fields_it_names() {
    let mut wrong = Vec::new();
    for sample in samples() {
        let told = read(sample.message.as_deref(), &sample.value)
            .err()
            .unwrap_or_default();
        if told != sample.refused {
            let path = sample.path.display();
            wrong.push(format!(
                "{path}:\n  told {told:#?}\n  not  {:#?}",
                sample.refused
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_was_read_says_the_same_when_it_is_read_again() {
    for sample in samples() {
        let Ok(once) = read(sample.message.as_deref(), &sample.value) else {
            continue;
        };
        let twice = read(sample.message.as_deref(), &once);
        assert_eq!(twice.as_ref(), Ok(&once), "{}", sample.path.display());
    }
}

#[test]
fn there_is_a_sample_that_parses_for_every_kind() {
    let samples = samples();
    assert!(samples.len() >= 60, "{}", samples.len());
    for kind in istio::kinds::Kind::ALL {
        let of_kind = |sample: &&Sample| sample.value["kind"] == kind.name();
        let parses = samples
            .iter()
            .filter(of_kind)
            .any(|sample| sample.refused.is_empty());
        assert!(parses, "{kind}");
    }
}
