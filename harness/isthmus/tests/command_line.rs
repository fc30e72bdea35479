//! What people type and what they get: every command by its output and its exit code.

use std::{fs, path::Path};

use clap::Parser as _;
use isthmus::{
    Exit,
    cli::Cli,
    command::{self, Terminal},
    console::Look,
    rehearsal::Stop,
};

struct Said {
    exit: Exit,
    out: String,
    err: String,
}

#[track_caller]
fn isthmus(words: &[&str]) -> Said {
    let cli = Cli::try_parse_from(["isthmus"].iter().chain(words)).expect("a command line");
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut terminal = Terminal {
        out: &mut out,
        err: &mut err,
        look: Look::Plain,
        stop: &Stop::new(),
    };
    let exit = command::run(&cli, &mut terminal);
    let text = |bytes| String::from_utf8(bytes).expect("text");
    Said {
        exit,
        out: text(out),
        err: text(err),
    }
}

fn repository(path: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path)
        .display()
        .to_string()
}

#[test]
fn the_catalogue_and_its_topologies_are_valid() {
    let said = isthmus(&[
        "validate",
        &repository("scenarios"),
        &repository("fixtures/topologies"),
    ]);
    assert_eq!(said.exit, Exit::Done, "{}", said.err);
}

#[test]
fn a_misspelt_cluster_is_told_with_place_and_remedy_and_exit_2() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().display().to_string();
    assert_eq!(isthmus(&["init", &at]).exit, Exit::Done);
    let file = dir.path().join("scenarios/reachability.yaml");
    let text = fs::read_to_string(&file)
        .unwrap()
        .replace("plain@cluster1", "plain@cluster7");
    fs::write(&file, text).unwrap();
    let said = isthmus(&["validate", &at]);
    assert_eq!(said.exit, Exit::Usage);
    for part in ["reachability.yaml:", "cluster7", "cluster1"] {
        assert!(
            said.err.contains(part),
            "{part} is missing in\n{}",
            said.err
        );
    }
}

#[test]
fn what_init_writes_is_valid_and_never_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().display().to_string();
    assert_eq!(isthmus(&["init", &at]).exit, Exit::Done);
    assert_eq!(isthmus(&["validate", &at]).exit, Exit::Done);
    let again = isthmus(&["init", &at]);
    assert_eq!(again.exit, Exit::Usage);
    assert!(again.err.contains("exists already"), "{}", again.err);
}

#[test]
fn a_directory_without_our_files_is_not_a_pass() {
    let dir = tempfile::tempdir().unwrap();
    let said = isthmus(&["validate", &dir.path().display().to_string()]);
    assert_eq!(said.exit, Exit::NothingSelected);
}

#[test]
fn the_list_shows_every_row_with_checks_engines_and_canaries() {
    let said = isthmus(&["list", "--catalogue"]);
    for row in scenario::catalogue::ROWS {
        assert!(
            said.out.contains(&format!("{} ", row.id)),
            "{} is missing",
            row.id
        );
    }
    let json = isthmus(&["list", "--json"]);
    let rows: Vec<serde_json::Value> = serde_json::from_str(&json.out).unwrap();
    assert!(rows.len() >= scenario::catalogue::ROWS.len());
    assert!(
        rows.iter()
            .all(|row| !row["engines"].as_array().unwrap().is_empty())
    );
}

#[test]
fn an_area_without_scenarios_is_not_a_pass() {
    assert_eq!(
        isthmus(&["list", "--area", "nowhere"]).exit,
        Exit::NothingSelected
    );
}

#[test]
fn every_topology_of_the_catalogue_is_planned_and_drawn() {
    for (path, _) in scenario::catalogue::TOPOLOGIES {
        let path = repository(path);
        let plan = isthmus(&["plan", &path]);
        assert_eq!(plan.exit, Exit::Done, "{path}: {}", plan.err);
        assert!(
            plan.out.contains("roles") && plan.out.contains("addresses"),
            "{path}"
        );
        for format in ["svg", "mermaid"] {
            assert_eq!(
                isthmus(&["graph", &path, "--format", format]).exit,
                Exit::Done,
                "{path}"
            );
        }
    }
}

#[test]
fn a_plan_is_the_same_text_every_time() {
    let plan = || isthmus(&["plan", "multi-network-multi-primary"]).out;
    assert_eq!(plan(), plan());
}

#[test]
fn a_plan_names_stages_objects_facts_and_images() {
    let plan = isthmus(&["plan", "T5"]).out;
    for part in [
        "remote of cluster1",
        "stage exposed-istiod",
        "stage remote-secrets",
        "Secret istio-system/istio-remote-secret-cluster2",
        "needs the load-balancer address of Service istio-system/istio-eastwestgateway in cluster1",
        "docker.io/istio/pilot:",
        "docker.io/istio/proxyv2:",
    ] {
        assert!(plan.contains(part), "{part} is missing in\n{plan}");
    }
}

#[test]
fn a_drawing_shows_every_cluster_and_machine_of_the_topology() {
    let topology = scenario::catalogue::library()
        .topology(
            &scenario::catalogue::Embedded,
            Path::new("fixtures/topologies/vm-other-network.yaml"),
        )
        .unwrap();
    let drawn = isthmus(&["graph", "vm-other-network", "--format", "svg"]).out;
    let substrate = topology.substrate();
    let names = substrate.clusters.keys().map(ToString::to_string);
    for name in names.chain(substrate.vms.keys().map(ToString::to_string)) {
        assert!(drawn.contains(&format!(">{name}<")), "{name} is not drawn");
    }
}

#[test]
fn an_unknown_name_is_told_with_the_nearest_one() {
    let said = isthmus(&["graph", "federaton"]);
    assert_eq!(said.exit, Exit::Usage);
    assert!(
        said.err.contains("did you mean 'federation'"),
        "{}",
        said.err
    );
}

#[test]
fn a_schema_is_a_json_schema() {
    for kind in ["topology", "scenario", "report"] {
        let said = isthmus(&["schema", kind]);
        let schema: serde_json::Value = serde_json::from_str(&said.out).unwrap();
        assert_eq!(
            schema["$schema"],
            "https://json-schema.org/draft/2020-12/schema"
        );
    }
}

#[test]
fn the_picture_of_the_readme_is_what_is_drawn_of_the_first_topology() {
    let topology = repository("harness/isthmus/init/topologies/two-clusters.yaml");
    let drawn = isthmus(&["graph", &topology, "--format", "svg"]).out;
    let kept = fs::read_to_string(repository("docs/two-clusters.svg")).unwrap();
    assert_eq!(
        kept, drawn,
        "draw it anew: cargo run -- graph harness/isthmus/init/topologies/two-clusters.yaml --format svg -o docs/two-clusters.svg"
    );
}

const SKEWED: &str = "apiVersion: isthmus/v1alpha1
kind: Topology
metadata: {name: skewed}
spec:
  istio: {version: 1.31.0}
  networks: {network1: {}}
  clusters:
    cluster1: {network: network1}
    cluster2: {network: network1, version: 1.29.6}
";

#[test]
fn what_lint_finds_is_told_with_place_rule_and_remedy_and_exit_1() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("skewed.yaml");
    fs::write(&file, SKEWED).unwrap();
    let path = file.display().to_string();
    let said = isthmus(&["lint", &path]);
    assert_eq!(said.exit, Exit::Failed, "{}", said.err);
    let place = format!("{path}:9:5: warning: ");
    assert!(said.out.starts_with(&place), "{}", said.out);
    assert!(said.out.contains("[istio-version-skew]"), "{}", said.out);
    assert_eq!(
        isthmus(&["lint", &path, "--deny", "error"]).exit,
        Exit::Done
    );
    let without = isthmus(&["lint", &path, "--allow", "istio-version-skew"]);
    assert_eq!(without.exit, Exit::Done, "{}", without.out);
    let sarif = isthmus(&["lint", &path, "--format", "sarif"]).out;
    let sarif: serde_json::Value = serde_json::from_str(&sarif).expect("SARIF is JSON");
    assert_eq!(
        sarif["runs"][0]["results"][0]["ruleId"],
        "istio-version-skew"
    );
}

#[test]
fn a_mistyped_rule_is_no_silent_exception() {
    let said = isthmus(&["lint", ".", "--allow", "istio-version-skev"]);
    assert_eq!(said.exit, Exit::Usage);
    assert!(
        said.err.contains("did you mean 'istio-version-skew'?"),
        "{}",
        said.err
    );
}

#[test]
fn nothing_to_look_at_is_no_success() {
    let dir = tempfile::tempdir().unwrap();
    let said = isthmus(&["lint", &dir.path().display().to_string()]);
    assert_eq!(said.exit, Exit::NothingSelected);
}

#[test]
fn the_catalogue_has_no_errors_of_lint_that_nobody_means() {
    let said = isthmus(&[
        "lint",
        "--deny",
        "error",
        &repository("scenarios"),
        &repository("fixtures/topologies"),
    ]);
    assert_eq!(said.exit, Exit::Done, "{}", said.out);
}
