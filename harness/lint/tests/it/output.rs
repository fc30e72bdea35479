//! How findings are shown.

use lint::{RULES, sarif, text};
use serde_json::Value as Json;

use crate::kit::said;

const GATEWAY: &str = "apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: g}\nspec:\n  servers:\n  - tls: {mode: AUTO_PASSTHROUGH}\n    hosts: ['*.example']\n";

#[test]
fn a_finding_says_where_what_which_rule_and_what_to_do() {
    let findings = said(&[("my files.yaml", GATEWAY)]).expect("readable files");
    assert_eq!(
        text::render(&findings),
        "my files.yaml:7:5: error: spec.servers[0].hosts: no service of the mesh has such a name, so that \
         nothing is let in  [exposure-without-services]\n    write '*.local'\n1 errors, 0 warnings, 0 notes\n"
    );
}

#[test]
fn sarif_has_every_rule_with_its_page_and_every_finding_with_its_place() {
    let findings = said(&[("my files.yaml", GATEWAY)]).expect("readable files");
    let log = sarif::render(&findings);
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    assert_eq!(rules.len(), RULES.len());
    for (rule, known) in rules.iter().zip(RULES) {
        assert_eq!(rule["id"], known.id);
        assert_eq!(rule["helpUri"], known.page());
        assert_eq!(rule["shortDescription"]["text"], known.summary);
    }
    let result = &run["results"][0];
    let index = result["ruleIndex"]
        .as_u64()
        .and_then(|index| usize::try_from(index).ok());
    assert_eq!(rules[index.expect("an index")]["id"], result["ruleId"]);
    assert_eq!(result["level"], "error");
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "my%20files.yaml");
    assert_eq!(
        place["region"],
        serde_json::json!({"startLine": 7, "startColumn": 5})
    );
}

#[test]
fn findings_as_json_are_a_list_of_flat_records() {
    let findings = said(&[("g.yaml", GATEWAY)]).expect("readable files");
    let json = serde_json::to_value(&findings).expect("findings are JSON");
    let first = json[0].as_object().expect("a record");
    let keys: Vec<&str> = first.keys().map(String::as_str).collect();
    assert_eq!(
        keys,
        [
            "at", "file", "message", "path", "remedy", "rule", "severity"
        ]
    );
    assert_eq!(first["severity"], Json::from("error"));
}

#[test]
fn rules_can_be_left_out() {
    let findings = said(&[("g.yaml", GATEWAY)]).expect("readable files");
    let left = findings.without(&["exposure-without-services".to_owned()]);
    assert_eq!(left.worst(), None);
}

#[test]
fn every_problem_of_every_file_is_told_before_anything_is_looked_at() {
    let problems = said(&[
        ("a.yaml", "{"),
        ("b.yaml", "apiVersion: isthmus/v1alpha1\nkind: Topology\n"),
        ("g.yaml", GATEWAY),
    ]);
    let problems = problems.expect_err("two files are wrong");
    let files: Vec<_> = problems
        .iter()
        .map(|problem| problem.file.display().to_string())
        .collect();
    assert!(
        files.contains(&"a.yaml".to_owned()) && files.contains(&"b.yaml".to_owned()),
        "{files:?}"
    );
}
