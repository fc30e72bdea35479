use isthmus::Exit;

use crate::kit::{Fate, Files, isthmus};

const ASKED: [&str; 5] = [
    "why",
    "--from",
    "sleep@cluster1",
    "--to",
    "helloworld.sample:5000",
];

#[track_caller]
fn refused(words: &[&str], part: &str) {
    let files = Files::new(&[("a/good", Fate::Passing)]);
    let file = files.join("good.yaml").display().to_string();
    let said = isthmus(&[words, &[&file]].concat());
    assert_eq!(said.exit, Exit::Usage, "{}", said.err);
    assert!(said.err.contains(part), "{part} is missing in {}", said.err);
}

#[test]
fn a_client_that_is_not_there_is_told_with_the_nearest() {
    let to = ["--to", "helloworld.sample:5000"];
    refused(
        &[&["why", "--from", "sleeep@cluster1"][..], &to].concat(),
        "did you mean 'sleep'",
    );
    refused(
        &[&["why", "--from", "sleep@cluster7"][..], &to].concat(),
        "did you mean 'cluster1'",
    );
    refused(
        &[&["why", "--from", "sleep"][..], &to].concat(),
        "sleep@CLUSTER",
    );
}

#[test]
fn a_target_without_a_port_is_told_with_one() {
    let words = [
        "why",
        "--from",
        "sleep@cluster1",
        "--to",
        "helloworld.sample",
    ];
    refused(&words, "helloworld.sample:5000");
}

#[test]
fn a_step_canary_or_cell_that_is_not_there_is_told() {
    refused(&[&ASKED[..], &["--after", "9"]].concat(), "no step '9'");
    refused(
        &[&ASKED[..], &["--canary", "typo"]].concat(),
        "no canary 'typo'",
    );
    refused(
        &[&ASKED[..], &["--cell", "istio=1"]].concat(),
        "no cell 'istio=1'",
    );
}

#[test]
fn an_unknown_subject_is_told_with_the_nearest_of_the_catalogue() {
    let said = isthmus(&[&ASKED[..], &["federaton"]].concat());
    assert_eq!(said.exit, Exit::Usage);
    assert!(
        said.err.contains("did you mean 'federation'"),
        "{}",
        said.err
    );
}

#[test]
fn a_topology_alone_can_be_asked_about() {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path().display().to_string();
    assert_eq!(isthmus(&["init", &at]).exit, Exit::Done);
    let topology = format!("{at}/topologies/two-clusters.yaml");
    let said = isthmus(&[&ASKED[..], &["--json", &topology]].concat());
    assert_eq!(said.exit, Exit::Done, "{}", said.err);
    let answer: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    let outcome = answer["outcome"].as_str().unwrap();
    assert!(
        outcome.starts_with("answered: pod helloworld"),
        "{}",
        said.out
    );
    let rules = answer["lines"].as_array().unwrap().iter();
    let rules: Vec<&str> = rules.filter_map(|line| line["rule"].as_str()).collect();
    for rule in ["kubernetes/dns", "routing/default-route", "authz/no-policy"] {
        assert!(rules.contains(&rule), "{rule} decided nothing in {rules:?}");
    }
}

#[test]
fn a_canary_is_in_place_where_it_is_asked_for() {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path().display().to_string();
    isthmus(&["init", &at]);
    let scenario = format!("{at}/scenarios/reachability.yaml");
    let why = |words: &[&str]| isthmus(&[&ASKED[..], words, &[&scenario]].concat()).out;
    let missing = "no remote secret for cluster2";
    assert!(!why(&[]).contains(missing));
    assert!(why(&["--canary", "a remote secret is missing"]).contains(missing));
}
