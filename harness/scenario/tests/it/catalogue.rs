//! Rows, files and what the files say about themselves agree.

use std::{collections::BTreeSet, fs, path::Path};

use scenario::{
    Library,
    catalogue::{Embedded, ROWS, SCENARIOS, TOPOLOGIES, scenarios},
    draft::EngineKind,
};

use crate::support::repository;

/// The rows that design and users know; the list is written here once more, so that a row cannot
/// disappear together with its file.
const IDS: [&str; 36] = [
    "T1", "T2", "T3", "T4", "T5", "T6", "T7", "T8", "T9", "T10", "T11", "T12", "T13", "T14", "L1",
    "L2", "L3", "L4", "L5", "M1", "M2", "M3", "A1", "A2", "F1", "F2", "F3", "F4", "F5", "F6", "F7",
    "F8", "U1", "U2", "U3", "U4",
];

#[test]
fn no_row_is_missing() {
    let ids: Vec<&str> = ROWS.iter().map(|row| row.id).collect();
    assert_eq!(ids, IDS);
}

#[test]
fn every_row_has_a_sound_file_that_says_so() {
    for (row, cells) in scenarios().unwrap_or_else(|problems| panic!("{problems}")) {
        let scenario = &cells[0];
        assert_eq!(scenario.name().as_str(), row.scenario);
        assert_eq!(scenario.labels()["row"], row.id);
        assert_eq!(scenario.labels()["area"], row.area);
        assert_eq!(
            scenario.labels()["origin"],
            row.origin.join("-"),
            "{}",
            row.id
        );
        let engines: BTreeSet<EngineKind> = row.engines.iter().copied().collect();
        assert_eq!(*scenario.engines(), engines, "{}", row.id);
        assert!(!scenario.description().is_empty());
        for canary in row.canaries {
            let found = scenario.canaries().iter().any(|c| c.name == *canary);
            assert!(found, "{} lacks its canary '{canary}'", row.id);
        }
    }
}

#[test]
fn every_file_is_embedded_and_has_a_row() {
    let listed = |table: &[(&str, &str)]| -> BTreeSet<String> {
        table.iter().map(|(path, _)| (*path).to_owned()).collect()
    };
    assert_eq!(listed(TOPOLOGIES), files_in("fixtures/topologies"));
    assert_eq!(listed(SCENARIOS), files_in("scenarios"));
    let of_rows: BTreeSet<String> = ROWS.iter().map(|row| row.path()).collect();
    assert_eq!(of_rows, files_in("scenarios"));
}

fn files_in(directory: &str) -> BTreeSet<String> {
    let mut files = BTreeSet::new();
    let mut open = vec![directory.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(repository().join(&directory)).unwrap() {
            let entry = entry.unwrap();
            let path = format!("{directory}/{}", entry.file_name().to_str().unwrap());
            if entry.file_type().unwrap().is_dir() {
                open.push(path);
            } else {
                files.insert(path);
            }
        }
    }
    files
}

#[test]
fn every_topology_is_called_like_its_file() {
    for (path, _) in TOPOLOGIES {
        let path = Path::new(path);
        let topology = Library::new().topology(&Embedded, path).unwrap();
        let stem = path.file_stem().unwrap();
        assert_eq!(topology.name().as_str(), stem, "{}", path.display());
    }
}

#[test]
fn every_check_says_what_it_claims() {
    for (row, cells) in scenarios().unwrap() {
        for check in cells[0].checks() {
            assert!(
                !check.name.starts_with("step "),
                "{}: {}",
                row.id,
                check.name
            );
        }
    }
}
