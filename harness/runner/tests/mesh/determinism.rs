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

#[test]
fn twenty_runs_of_one_seed_are_the_same_to_the_byte() {
    let first = record("topology/one-cluster", 7);
    for _ in 1..20 {
        assert_eq!(record("topology/one-cluster", 7), first);
    }
}

#[test]
fn two_clusters_and_a_fault_under_traffic_are_too() {
    let first = record("fault/workload-gone", 7);
    assert_eq!(record("fault/workload-gone", 7), first);
    assert_ne!(record("fault/workload-gone", 8), first, "the seed counts");
}
