//! Plain Kubernetes on the simulator: the runner without any mesh.

use std::{path::Path, time::Duration};

use judge::Outcome;
use manifest::Images;
use runner::{Options, Trial, trials};
use scenario::{Library, Scenario, problem::Problems, yaml::ReadError};

/// One file that exists only here.
struct Here(&'static str);

impl scenario::Files for Here {
    fn read(&self, _: &Path, _: u64) -> Result<String, ReadError> {
        Ok(self.0.to_owned())
    }
}

const SCENARIO: &str = r#"
apiVersion: isthmus/v1alpha1
kind: Scenario
metadata: {name: plain, labels: {area: kubernetes}}
spec:
  proves:
    - promise: a Service is served by its ready pods
      link: https://kubernetes.io/docs/concepts/services-networking/service/
  topology:
    istio: {version: 1.30.3}
    networks: {network1: {}}
    clusters: {cluster1: {network: network1, mesh: none}}
  workloads:
    sleep: {in: [cluster1], inject: false}
    helloworld: {in: {cluster1: [v1, v2]}, inject: false}
  steps:
    - check: {name: both versions answer, within: 30s, reachable: {from: sleep@cluster1, to: "helloworld.sample:5000", versions: [v1, v2]}}
    - check: {name: its name resolves, dns: {from: sleep@cluster1, host: helloworld.sample, answer: address}}
    - check: {name: another does not, dns: {from: sleep@cluster1, host: nobody.sample, answer: nxdomain}}
    - traffic: {name: users, from: sleep@cluster1, to: "helloworld.sample:5000", rate: 10/s, budget: {failed: 1%}}
    - fault: {as: v1-gone, scale: {workload: helloworld@cluster1, version: v1, replicas: 0}}
    - check: {name: the other version serves, within: 30s, reachable: {from: sleep@cluster1, to: "helloworld.sample:5000", versions: [v2]}}
    - heal: v1-gone
    - check: {name: both serve again, within: 60s, reachable: {from: sleep@cluster1, to: "helloworld.sample:5000", versions: [v1, v2]}}
  canaries:
    - name: the selector has a typo
      break: {patch: {in: cluster1, kind: Service, name: helloworld, namespace: sample, merge: {spec: {selector: {app: helloword}}}}}
      caughtBy: {check: both versions answer}
"#;

fn scenarios() -> Result<Vec<Scenario>, Problems> {
    Library::new().scenario(&Here(SCENARIO), Path::new("plain.yaml"))
}

fn options(seed: u64) -> Options {
    Options {
        run: "plain".to_owned(),
        seed,
        now: "2026-01-01T00:00:00Z".parse().unwrap(),
        images: Images::default(),
        patience: Duration::from_secs(600),
    }
}

fn run(trial: Trial<'_>, seed: u64) -> report::Trial {
    let options = options(seed);
    sim::runtime::run(runner::run(&sim::Sim::new(), trial, &options))
}

#[test]
fn a_plain_service_is_served_loses_a_version_and_gets_it_back() {
    let scenarios = scenarios().unwrap();
    let trial = run(trials(&scenarios)[0], 1);
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

#[test]
fn the_canary_is_caught_by_the_check_it_names() {
    let scenarios = scenarios().unwrap();
    let trial = run(trials(&scenarios)[1], 1);
    assert_eq!(
        trial.outcome,
        Outcome::Pass,
        "{}",
        report::text::trial(&trial, 1)
    );
    assert!(trial.canary.is_some_and(|canary| canary.caught));
}

#[test]
fn the_same_file_and_seed_are_the_same_bytes() {
    let record = || {
        let scenarios = scenarios().unwrap();
        let trials = vec![run(trials(&scenarios)[0], 7)];
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
    let library = scenario::catalogue::library().unwrap();
    let path = Path::new("scenarios/topology/multi-network-multi-primary.yaml");
    let scenarios = library
        .scenario(&scenario::catalogue::Embedded, path)
        .unwrap();
    let trial = run(trials(&scenarios)[0], 1);
    assert_eq!(trial.outcome, Outcome::Skip);
    assert!(trial.reason.unwrap().contains("an Istio mesh"));
}
