//! Runs trials of the catalogue on the simulator.

#![expect(clippy::unwrap_used, reason = "a kit's failure is the test's failure")]

use std::{path::Path, time::Duration};

use judge::Outcome;
use manifest::Images;
use mesh::engine::SimMesh;
use runner::{Options, Trial, trials};
use scenario::{
    Files, Scenario,
    draft::CaughtAs,
    scenario::{Break, Canary},
    yaml::ReadError,
};

/// A step after which every request picks its pod anew, behind gateways too: kept connections would let
/// one pod of a network answer for all.
pub(crate) const ONE_REQUEST_PER_CONNECTION: &str = "    - apply:
        to: all
        objects:
          - apiVersion: networking.istio.io/v1
            kind: DestinationRule
            metadata: {name: helloworld, namespace: sample}
            spec:
              host: helloworld.sample.svc.cluster.local
              trafficPolicy: {connectionPool: {http: {maxRequestsPerConnection: 1}}}
";

/// Every cell of a row, by the path of its file below `scenarios`.
pub(crate) fn row(path: &str) -> Vec<Scenario> {
    let library = scenario::catalogue::library();
    let path = Path::new("scenarios").join(path).with_extension("yaml");
    library
        .scenario(&scenario::catalogue::Embedded, &path)
        .unwrap()
}

pub(crate) fn options(seed: u64) -> Options {
    Options {
        run: "mesh".to_owned(),
        seed,
        now: "2026-01-01T00:00:00Z".parse().unwrap(),
        images: Images::default(),
        charts: runner::Charts::Rendered,
        values: None,
        patience: Duration::from_secs(3600),
        diagnosis: None,
    }
}

pub(crate) fn run(trial: Trial<'_>, seed: u64) -> report::Trial {
    let options = options(seed);
    sim::runtime::run(runner::run(&SimMesh, trial, &options))
}

/// Every trial of a row passes, which for a canary means that it is caught.
#[track_caller]
pub(crate) fn stands(path: &str) {
    let scenarios = row(path);
    let run = |trial| run(trial, 1);
    let wrong: Vec<String> = trials(&scenarios)
        .into_iter()
        .map(run)
        .filter(|trial| trial.outcome != Outcome::Pass)
        .map(|trial| report::text::trial(&trial, 1))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A scenario that is written in a test: its `spec`, on the topologies of the catalogue.
#[track_caller]
pub(crate) fn inline(spec: &str) -> Vec<Scenario> {
    let library = scenario::catalogue::library();
    let text = format!(
        "apiVersion: isthmus/v1alpha1\nkind: Scenario\nmetadata: {{name: inline, labels: {{area: test}}}}\nspec:\n  proves:\n    - {{promise: a test's own, link: https://istio.io/latest/}}\n{spec}"
    );
    match library.scenario(&Written(text), Path::new("inline.yaml")) {
        Ok(scenarios) => scenarios,
        Err(problems) => panic!("{problems}"),
    }
}

/// One file, whatever it is called.
struct Written(String);

impl Files for Written {
    fn read(&self, _: &Path, _: u64) -> Result<String, ReadError> {
        Ok(self.0.clone())
    }
}

/// A canary that a test makes up: `breaks` happens before the first step, and `check` is to notice.
pub(crate) fn canary(check: &str, breaks: Vec<Break>) -> Canary {
    Canary {
        name: "altered".to_owned(),
        after: None,
        breaks,
        caught_by: check.to_owned(),
        caught_as: CaughtAs::Fail,
    }
}
