//! Files in memory, and what is said of them.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use lint::{Findings, Input, lint};
use scenario::{Files, Problems, catalogue, yaml::ReadError};

/// Files in memory.
#[derive(Default)]
pub(crate) struct Memory(BTreeMap<PathBuf, String>);

impl Files for Memory {
    fn read(&self, path: &Path, _: u64) -> Result<String, ReadError> {
        self.0.get(path).cloned().ok_or(ReadError::Missing)
    }
}

/// What is said of files; one in a directory of its own is for the cluster of that name.
pub(crate) fn said(files: &[(&str, &str)]) -> Result<Findings, Problems> {
    let all = files
        .iter()
        .map(|(path, text)| (PathBuf::from(path), (*text).to_owned()));
    let memory = Memory(all.collect());
    let input = |(path, _): &(&str, &str)| Input {
        file: PathBuf::from(path),
        cluster: path
            .split_once('/')
            .map(|(cluster, _)| cluster.parse().expect("a cluster")),
    };
    let inputs: Vec<Input> = files.iter().map(input).collect();
    let library = catalogue::library();
    lint(&memory, &library, &inputs)
}

/// The places at which a rule is broken, as `file:line:column`.
#[track_caller]
pub(crate) fn places(rule: &str, files: &[(&str, &str)]) -> Vec<String> {
    let findings = said(files).unwrap_or_else(|problems| panic!("{problems}"));
    let of_rule = findings.iter().filter(|finding| finding.rule == rule);
    of_rule
        .map(|finding| format!("{}:{}", finding.file.display(), finding.at))
        .collect()
}

/// The rule is broken at these places of the first files, and nowhere in the second.
#[track_caller]
pub(crate) fn trips(rule: &str, broken: &[(&str, &str)], at: &[&str], sound: &[(&str, &str)]) {
    assert!(
        lint::RULES.iter().any(|known| known.id == rule),
        "{rule} is no rule"
    );
    assert_eq!(places(rule, broken), at, "{rule} in the broken files");
    assert_eq!(places(rule, sound), [""; 0], "{rule} in the sound files");
}
