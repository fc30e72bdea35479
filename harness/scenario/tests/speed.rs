//! A large repository is validated while somebody waits. This is a program of its own, so that no
//! other test takes its time.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]
#![cfg(target_os = "linux")]

use std::{fs, time::Duration};

use scenario::{
    Set,
    catalogue::{self, SCENARIOS},
};

const FILES: usize = 1_000;
/// One thread works, so that this is also what a person waits on a machine that is not busy; the
/// time on the wall would measure what else runs on it.
const LIMIT: Duration = Duration::from_secs(2);

#[test]
fn a_thousand_scenarios_are_validated_in_two_seconds() {
    let directory = tempfile::tempdir().unwrap();
    for i in 0..FILES {
        let (_, text) = SCENARIOS[i % SCENARIOS.len()];
        let renamed = text.replacen("  name: ", &format!("  name: n{i}-"), 1);
        fs::write(directory.path().join(format!("{i:04}.yaml")), renamed).unwrap();
    }
    let library = catalogue::library();
    let before = processor_time();
    let set = Set::read(&library, &[directory.path().into()]);
    let took = processor_time() - before;
    println!("{FILES} scenario files validated in {took:?} of one processor");
    assert_eq!(set.problems, None);
    assert_eq!(set.documents.len(), FILES);
    assert!(took < LIMIT, "{took:?}");
}

/// The time that processors have spent on this process.
fn processor_time() -> Duration {
    /// What Linux counts in, on every architecture.
    const TICKS_PER_SECOND: u64 = 100;
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let (_, fields) = stat.rsplit_once(')').unwrap();
    let ticks = fields.split_whitespace().skip(11).take(2);
    let ticks: u64 = ticks.map(|field| field.parse::<u64>().unwrap()).sum();
    Duration::from_millis(ticks * 1000 / TICKS_PER_SECOND)
}
