//! The simulator is held against what real clusters showed: every difference is listed with its reason,
//! and nothing is listed that has been mended.

use std::{path::Path, thread};

use isthmus::recordings::{Shelf, compared};
use report::recording::{Difference, Recording};

fn shelf() -> Shelf {
    Shelf::at(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/recordings"))
}

/// Trials need more stack than a test's thread has.
fn differences(recordings: &[Recording]) -> Vec<Difference> {
    thread::scope(|scope| {
        let work = || {
            recordings
                .iter()
                .flat_map(|one| compared(one).expect("recordings are of the catalogue"))
                .collect()
        };
        let thread = thread::Builder::new().stack_size(64 << 20);
        let thread = thread.spawn_scoped(scope, work);
        let thread = thread.expect("the machine can start a thread");
        thread.join().expect("a comparison does not panic")
    })
}

#[test]
fn the_simulator_shows_what_real_clusters_showed() {
    let recordings = shelf().all().unwrap();
    assert!(
        !recordings.is_empty(),
        "there are recordings to compare with"
    );
    let (found, accepted) = (differences(&recordings), shelf().accepted().unwrap());
    let unknown = found.iter().filter(|one| accepted.reason(one).is_none());
    let unknown: Vec<String> = unknown.map(ToString::to_string).collect();
    assert!(unknown.is_empty(), "{}", unknown.join("\n"));
    let mended = accepted.unused(&found);
    assert!(mended.is_empty(), "listed, but mended: {mended:?}");
}

#[test]
fn a_recording_that_says_otherwise_is_told_apart() {
    let mut recording = shelf().all().unwrap().remove(0);
    let steps = recording
        .trials
        .iter_mut()
        .flat_map(|trial| &mut trial.steps);
    let mut checks = steps.filter(|step| step.kind == "check" && !step.evidence.seen.is_empty());
    let seen = &mut checks.next().unwrap().evidence.seen;
    seen.insert("http-503".to_owned(), 1);
    let found = differences(&[recording]);
    assert!(
        found.iter().any(|one| one.what.contains("http-503")),
        "{found:?}"
    );
}
