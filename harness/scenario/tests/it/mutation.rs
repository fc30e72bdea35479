//! Arbitrary mutations of valid files never panic: each gives problems or a valid value.

use std::{path::Path, sync::LazyLock};

use proptest::prelude::*;
use scenario::{
    Document, Files, Library,
    catalogue::{SCENARIOS, TOPOLOGIES},
    yaml::{ReadError, decode},
};

use crate::support::library;

/// Read once: every case uses it.
static LIBRARY: LazyLock<Library> = LazyLock::new(library);

/// One file in memory.
struct Memory(Vec<u8>);

impl Files for Memory {
    fn read(&self, _: &Path, _: u64) -> Result<String, ReadError> {
        decode(self.0.clone())
    }
}

/// Reads bytes as a file: a value, or at least one problem with a place and a remedy.
fn read(library: &Library, bytes: Vec<u8>) {
    match library.read(&Memory(bytes), Path::new("file.yaml")) {
        Ok(Document::Scenario(cells)) => assert!(!cells.is_empty()),
        Ok(Document::Topology(topology)) => assert!(!topology.members().is_empty()),
        Err(problems) => {
            assert!(problems.iter().count() > 0);
            for problem in problems.iter() {
                assert!(problem.at.line > 0 && problem.at.column > 0);
                assert!(!problem.message.is_empty() && !problem.remedy.is_empty());
            }
        }
    }
}

fn files() -> impl Strategy<Value = &'static str> {
    let all: Vec<&str> = TOPOLOGIES
        .iter()
        .chain(SCENARIOS)
        .map(|(_, text)| *text)
        .collect();
    proptest::sample::select(all)
}

/// Something that a person could write by mistake.
fn slip() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(vec![
        "",
        "~",
        "[]",
        "{}",
        "5",
        "-1",
        "1.30",
        "true",
        "all",
        "none",
        "cluster1",
        "cluster9",
        "network1",
        "sleep@*",
        "vm:x",
        "outside",
        "99999999999999999999",
        "30s",
        "*a",
        "&a b",
        "!!str 5",
        "- ",
        ": ",
        "#",
        "\"",
        "'",
        "\t",
        "é",
        "\u{feff}",
        "{a: b, a: b}",
        "10.0.0.0/8",
        "<<: {a: b}",
        "? [a]",
        "|",
        ">-",
        "%",
        "@",
        "`",
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutated_bytes_never_panic(
        text in files(),
        edits in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>(), 0..3u8), 1..8),
    ) {
        let mut bytes = text.as_bytes().to_vec();
        for (at, byte, kind) in edits {
            let at = at.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => { bytes.remove(at); }
            }
        }
        read(&LIBRARY, bytes);
    }

    #[test]
    fn mutated_structures_never_panic(
        text in files(),
        edits in proptest::collection::vec((any::<proptest::sample::Index>(), any::<proptest::sample::Index>(), slip(), 0..5u8), 1..5),
    ) {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        for (at, other, slip, kind) in edits {
            let at = at.index(lines.len());
            let other = other.index(lines.len());
            match kind {
                0 => lines.swap(at, other),
                1 => lines[at] = lines[other].clone(),
                2 => lines[at] = format!("{}{}", lines[at].split(':').next().unwrap(), [": ", slip].concat()),
                3 => lines[at] = format!("  {}", lines[at]),
                _ => lines[at] = replace_word(&lines[at], other, slip),
            }
        }
        read(&LIBRARY, lines.join("\n").into_bytes());
    }
}

/// The line with one of its words replaced.
fn replace_word(line: &str, which: usize, by: &str) -> String {
    let mut words: Vec<&str> = line
        .split_inclusive([' ', ',', '{', '}', '[', ']'])
        .collect();
    if !words.is_empty() {
        let which = which % words.len();
        words[which] = by;
    }
    words.concat()
}
