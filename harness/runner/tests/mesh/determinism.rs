//! The same file and seed are the same bytes of report.

use runner::trials;

use crate::kit::{row, run};

fn record(path: &str, seed: u64) -> String {
    let scenarios = row(path);
    let trials = vec![run(trials(&scenarios)[0], seed)];
    let run = report::Run {
        isthmus: "test".to_owned(),
        seed,
        trials,
    };
    report::json::render(&run).expect("a run is JSON")
}

/// A row's record is the same bytes in twenty runs.
#[track_caller]
fn same_in_twenty_runs(path: &str) {
    let first = record(path, 7);
    for run in 1..20 {
        assert!(record(path, 7) == first, "run {run} of {path} differs");
    }
}

macro_rules! twenty_runs_of_one_seed_are_the_same_to_the_byte {
    ($($name:ident: $path:literal;)*) => {$(
        #[test]
        fn $name() {
            same_in_twenty_runs($path);
        }
    )*};
}

twenty_runs_of_one_seed_are_the_same_to_the_byte! {
    t1_is_the_same_in_twenty_runs: "topology/one-cluster";
    t4_is_the_same_in_twenty_runs: "topology/multi-network-multi-primary";
    t8_is_the_same_in_twenty_runs: "topology/vm-same-network";
    f1_is_the_same_in_twenty_runs: "fault/workload-gone";
    u1_is_the_same_in_twenty_runs: "upgrade/canary-by-revision";
}

#[test]
fn another_seed_is_another_run() {
    let path = "fault/workload-gone";
    assert_ne!(record(path, 8), record(path, 7));
}
