//! Bad input, one test each: the position, what is wrong and what to do; no panic, little memory.

use std::{fs, path::PathBuf, process::Command};

use scenario::{Disk, Problems, Set};

use crate::support::{library, line, lines_of, problems_of, scenario, topology};

/// The only problem of a text.
#[track_caller]
fn only(text: &str) -> String {
    let lines = lines_of(text);
    assert_eq!(lines.len(), 1, "{lines:#?}");
    lines.into_iter().next().unwrap()
}

const CHECK: &str =
    "    - check: {reachable: {from: sleep@cluster1, to: helloworld.sample:5000}}\n";

#[test]
fn not_yaml() {
    let line = only("apiVersion: isthmus/v1alpha1\nkind: [Scenario\nmetadata: {}\n");
    assert!(line.starts_with("3:"), "{line}");
    assert!(line.contains("this is not YAML"), "{line}");
    assert!(
        line.contains("| check the indentation, and quote"),
        "{line}"
    );
}

#[test]
fn empty() {
    for text in ["", "\n\n", "# nothing\n", "---\n", "~\n"] {
        let line = only(text);
        assert!(
            line.starts_with("1:1 : the file is empty | begin with 'apiVersion: isthmus/v1alpha1'"),
            "{line}"
        );
    }
}

#[test]
fn unknown_key() {
    let line = only(&topology(
        "  networks: {network1: {}}\n  clusters: {cluster1: {netwrok: network1, network: network1}}\n",
    ));
    assert_eq!(
        line,
        "7:25 spec.clusters.cluster1.netwrok: there is no field 'netwrok' here | did you mean 'network'?"
    );
}

#[test]
fn unknown_kind_of_step() {
    let line = only(&scenario(&format!("{CHECK}    - chekc: {{ready: {{}}}}\n")));
    assert_eq!(
        line,
        "12:7 spec.steps[1].chekc: there is no field 'chekc' here | did you mean 'check'?"
    );
}

#[test]
fn duplicate_key() {
    let line = only(&topology(
        "  networks: {network1: {}}\n  clusters:\n    cluster1: {network: network1}\n    cluster1: {network: network1}\n",
    ));
    assert_eq!(
        line,
        "9:5 spec.clusters.cluster1: 'cluster1' is written twice | remove or rename it; the first one is in line 8"
    );
}

#[test]
fn wrong_types() {
    let lines = lines_of(&scenario(
        "    - check: {name: 5, inARow: many, within: 10, ready: {in: {}}}\n",
    ));
    assert_eq!(
        lines,
        [
            "11:21 spec.steps[0].check.name: 5 is a number, and a text belongs here | quote it: \"5\"",
            "11:32 spec.steps[0].check.inARow: 'many' is not a whole number | write a whole number",
            "11:46 spec.steps[0].check.within: 10 is a number, and a text belongs here | quote it: \"10\"",
            "11:62 spec.steps[0].check.ready.in: this is a mapping | write a text or a list",
        ]
    );
}

#[test]
fn a_version_that_yaml_takes_for_a_number() {
    let text = topology(
        "  networks: {network1: {}}\n  clusters: {cluster1: {network: network1, version: 1.30}}\n",
    );
    assert_eq!(
        only(&text),
        "7:53 spec.clusters.cluster1.version: 1.30 is a number, and a text belongs here | quote it: \"1.30\""
    );
}

#[test]
fn a_version_that_is_none() {
    let text = topology(
        "  networks: {network1: {}}\n  clusters: {cluster1: {network: network1, version: newest}}\n",
    );
    let line = only(&text);
    assert!(
        line.starts_with("7:53 spec.clusters.cluster1.version: 'newest' is not a version"),
        "{line}"
    );
    assert!(line.contains("write it like 1.30.3"), "{line}");
}

#[test]
fn missing_key() {
    let line = only(
        "apiVersion: isthmus/v1alpha1\nkind: Topology\nmetadata: {name: test}\nspec:\n  istio: {version: 1.30.3}\n  networks: {}\n",
    );
    assert_eq!(
        line,
        "4:1 spec: 'clusters' is missing | add 'clusters:' with a mapping"
    );
}

#[test]
fn structure_and_meaning_at_once() {
    let lines = lines_of(&topology(
        "  netwroks: {}\n  networks: {network1: {}}\n  clusters: {cluster1: {network: network2}}\n",
    ));
    assert_eq!(
        lines,
        [
            "6:3 spec.netwroks: there is no field 'netwroks' here | did you mean 'networks'?",
            "8:34 spec.clusters.cluster1.network: there is no network 'network2' | did you mean 'network1'?",
        ]
    );
}

#[test]
fn unknown_cluster() {
    let line = only(&scenario(
        "    - check: {reachable: {from: sleep@clutser2, to: helloworld.sample:5000}}\n",
    ));
    assert_eq!(
        line,
        "11:33 spec.steps[0].check.reachable.from: 'sleep' does not run in 'clutser2' | did you mean 'cluster2'?"
    );
}

#[test]
fn a_cycle_of_control_planes() {
    let lines = lines_of(&topology(
        "  networks: {network1: {}}\n  clusters:\n    cluster1: {network: network1, controlPlane: cluster2}\n    cluster2: {network: network1, controlPlane: cluster1}\n",
    ));
    assert_eq!(
        lines[0],
        "8:49 spec.clusters.cluster1.controlPlane: the control planes form a cycle: cluster1 → cluster2 → cluster1 | let one of them be a primary: remove its 'controlPlane'"
    );
}

#[test]
fn alias_bomb() {
    let mut text = String::from("a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n");
    for i in 1..20 {
        text += &format!(
            "a{i}: &a{i} [{}]\n",
            vec![format!("*a{}", i - 1); 9].join(", ")
        );
    }
    let line = only(&text);
    assert!(
        line.contains("too much once its aliases are expanded | write the values out"),
        "{line}"
    );
}

#[test]
fn deep_nesting() {
    for text in [
        format!("a: {}", "[".repeat(200_000)),
        format!("a: {}1{}", "{b: ".repeat(5_000), "}".repeat(5_000)),
    ] {
        let line = only(&text);
        assert!(
            line.starts_with("1:") && line.contains("more than 64 deep | "),
            "{line}"
        );
    }
}

#[test]
fn a_hundred_megabytes() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("large.yaml");
    fs::File::create(&path).unwrap().set_len(100 << 20).unwrap();
    let problems = library().read(&Disk, &path).unwrap_err().into_vec();
    assert_eq!(
        line(&problems[0]),
        "1:1 : the file is larger than 1048576 bytes | split it; this looks like something else than a description"
    );
}

#[test]
fn not_utf8() {
    let problems = problems_of(b"apiVersion: isthmus/v1alpha1\nkind: Sc\xe9nario\n");
    assert_eq!(
        line(&problems[0]),
        "2:9 : the file is not UTF-8 text: byte 0xe9 does not belong there | save it as UTF-8"
    );
}

#[test]
fn byte_order_mark_and_carriage_returns_are_accepted() {
    let good = scenario(CHECK).replace('\n', "\r\n");
    assert!(lines_of(&format!("\u{feff}{good}")).is_empty());
    let bad =
        scenario("    - check: {reachable: {from: slep@cluster1, to: helloworld.sample:5000}}\n");
    let bad = bad.replace('\n', "\r\n");
    assert_eq!(
        only(&format!("\u{feff}{bad}")),
        "11:33 spec.steps[0].check.reachable.from: there is no workload 'slep' | did you mean 'sleep'?"
    );
    let first_line = only("\u{feff}kind: Scenarios\n");
    assert!(first_line.starts_with("1:7 kind: "), "{first_line}");
}

#[track_caller]
fn unreadable(path: PathBuf) -> String {
    let problems: Problems = library().read(&Disk, &path).unwrap_err();
    problems.iter().map(line).collect()
}

#[test]
fn a_directory() {
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(
        unreadable(directory.path().into()),
        "1:1 : this is a directory, not a file | name a file in it"
    );
}

#[test]
fn no_such_file() {
    assert_eq!(
        unreadable("nowhere.yaml".into()),
        "1:1 : there is no such file | check the path; it is relative to the file that names it"
    );
}

#[cfg(unix)]
#[test]
fn an_unreadable_file() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("secret.yaml");
    fs::write(&path, "a: b").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    let line = unreadable(path);
    // The superuser reads any file: then it is refused for what it holds.
    let as_root = line.contains("'kind' is missing");
    assert!(
        as_root
            || line.contains("the file cannot be read") && line.contains("| check its permissions"),
        "{line}"
    );
}

#[cfg(unix)]
#[test]
fn a_pipe_is_not_waited_for() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("pipe.yaml");
    assert!(
        Command::new("mkfifo")
            .arg(&path)
            .status()
            .unwrap()
            .success()
    );
    assert!(unreadable(path).contains("not an ordinary file"));
}

#[test]
fn two_files_of_one_name() {
    let directory = tempfile::tempdir().unwrap();
    for file in ["a.yaml", "b.yaml"] {
        fs::write(directory.path().join(file), scenario(CHECK)).unwrap();
    }
    let set = Set::read(&library(), &[directory.path().into()]);
    let problems = set.problems.unwrap().into_vec();
    assert_eq!(problems.len(), 1);
    assert!(problems[0].file.ends_with("b.yaml"));
    let line = line(&problems[0]);
    assert!(
        line.starts_with("3:18 metadata.name: there is another scenario called 'test': "),
        "{line}"
    );
    assert!(line.ends_with("| rename one of the two"), "{line}");
}

#[test]
fn two_documents_in_one_file() {
    let line = only(&format!("{}---\nkind: Topology\n", scenario(CHECK)));
    assert_eq!(
        line,
        "13:1 : a second document begins here | move it into a file of its own"
    );
}

#[test]
fn another_kind() {
    assert_eq!(
        only("kind: Scenaro\n"),
        "1:7 kind: there is no kind 'Scenaro' | did you mean 'Scenario'?"
    );
    assert_eq!(
        only("- a\n"),
        "1:1 kind: 'kind' is missing | add 'kind: Scenario' or 'kind: Topology'"
    );
}
