//! Plain Kubernetes on the simulator: the runner without any mesh.

use std::{path::Path, time::Duration};

use judge::Outcome;
use manifest::Images;
use runner::{Options, Trial, trials};
use scenario::{Scenario, problem::Problems};

mod plain_scenario;

fn scenarios() -> Result<Vec<Scenario>, Problems> {
    plain_scenario::all()
}

/// The trial of this name, without its engine.
#[track_caller]
fn trial<'a>(scenarios: &'a [Scenario], name: &str) -> Trial<'a> {
    let mut all = trials(scenarios).into_iter();
    all.find(|trial| trial.name("sim").to_string() == format!("{name} [sim]"))
        .expect("a trial of that name")
}

fn options(seed: u64) -> Options {
    Options {
        run: "plain".to_owned(),
        seed,
        now: "2026-01-01T00:00:00Z".parse().expect("a timestamp"),
        images: Images::default(),
        charts: runner::Charts::Rendered,
        values: None,
        patience: Duration::from_secs(600),
        diagnosis: None,
    }
}

fn run(trial: Trial<'_>, seed: u64) -> report::Trial {
    let options = options(seed);
    sim::runtime::run(runner::run(&sim::Sim::new(), trial, &options))
}

#[test]
fn two_clusters_reach_each_others_pods_on_one_network_only() {
    let scenarios = scenarios().unwrap();
    for name in ["kubernetes/two-clusters", "kubernetes/two-networks"] {
        let trial = run(trial(&scenarios, name), 1);
        let text = report::text::trial(&trial, 1);
        assert_eq!(trial.outcome, Outcome::Pass, "{text}");
    }
}

#[test]
fn a_plain_service_is_served_loses_a_version_and_gets_it_back() {
    let scenarios = scenarios().unwrap();
    for name in ["kubernetes/plain", "kubernetes/plain-under-traffic"] {
        let trial = run(trial(&scenarios, name), 1);
        assert_eq!(
            trial.outcome,
            Outcome::Pass,
            "{}",
            report::text::trial(&trial, 1)
        );
        assert!(
            trial
                .steps
                .iter()
                .filter(|step| step.kind == "check")
                .count()
                == 5
        );
    }
}

#[test]
fn the_canary_is_caught_by_the_check_it_names() {
    let scenarios = scenarios().unwrap();
    let trial = run(
        trial(&scenarios, "kubernetes/plain+the selector has a typo"),
        1,
    );
    assert_eq!(
        trial.outcome,
        Outcome::Pass,
        "{}",
        report::text::trial(&trial, 1)
    );
    assert!(trial.canary.is_some_and(|canary| canary.caught));
}

/// Those before it, which might still have come to hold, break off early.
#[test]
fn the_look_that_decides_a_failure_has_asked_everything() {
    let scenarios = scenarios().unwrap();
    let trial = run(
        trial(&scenarios, "kubernetes/plain+the selector has a typo"),
        1,
    );
    let mut failed = trial.steps.iter().map(|step| &step.verdict);
    let failed = failed.find(|verdict| verdict.outcome == Outcome::Fail);
    assert_eq!(failed.map(|verdict| verdict.evidence.calls), Some(25));
}

#[test]
fn the_same_file_and_seed_are_the_same_bytes() {
    let record = || {
        let scenarios = scenarios().unwrap();
        let trials = vec![run(trial(&scenarios, "kubernetes/plain-under-traffic"), 7)];
        let run = report::Run {
            isthmus: "test".to_owned(),
            seed: 7,
            trials,
        };
        report::json::render(&run).unwrap()
    };
    let first = record();
    for _ in 0..5 {
        assert_eq!(record(), first);
    }
}

#[test]
fn what_an_engine_lacks_is_the_reason_of_a_skip() {
    let library = scenario::catalogue::library();
    let path = Path::new("scenarios/topology/multi-network-multi-primary.yaml");
    let scenarios = library
        .scenario(&scenario::catalogue::Embedded, path)
        .unwrap();
    let trial = run(trials(&scenarios)[0], 1);
    assert_eq!(trial.outcome, Outcome::Skip);
    assert!(trial.reason.unwrap().contains("an Istio mesh"));
}

#[test]
fn what_clusters_held_is_kept_of_trials_that_did_not_pass_and_of_no_others() {
    let scenarios = scenarios().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let ended = |patience: u64| {
        let options = Options {
            patience: Duration::from_secs(patience),
            diagnosis: Some(folder.path().to_owned()),
            ..options(1)
        };
        let trial = trial(&scenarios, "kubernetes/plain");
        sim::runtime::run(runner::run(&sim::Sim::new(), trial, &options))
    };
    assert_eq!(ended(600).outcome, Outcome::Pass);
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);
    let late = ended(1);
    assert_ne!(late.outcome, Outcome::Pass);
    let kept = folder.path().join("kubernetes-plain--sim");
    assert!(late.reason.unwrap().contains(&kept.display().to_string()));
    assert!(kept.join("cluster1/pods.txt").is_file());
}
