//! The published JSON schemas agree with a public JSON-schema library: they accept every file of
//! the repository and reject bad ones.

use jsonschema::Validator;
use scenario::{
    catalogue::{SCENARIOS, TOPOLOGIES},
    schema,
};
use serde_json::Value as Json;

use crate::support::{scenario, topology};

fn validator(schema: &schemars::Schema) -> Validator {
    jsonschema::validator_for(schema.as_value()).expect("the schema is one")
}

fn json(text: &str) -> Json {
    serde_yaml::from_str(text).unwrap()
}

#[test]
fn every_file_of_the_repository_is_accepted() {
    for (schema, files) in [
        (schema::topology(), TOPOLOGIES),
        (schema::scenario(), SCENARIOS),
    ] {
        let validator = validator(&schema);
        for (path, text) in files {
            let errors: Vec<String> = validator
                .iter_errors(&json(text))
                .map(|e| e.to_string())
                .collect();
            assert!(errors.is_empty(), "{path}: {errors:#?}");
        }
    }
}

#[test]
fn bad_files_are_rejected() {
    let good_step = "    - check: {ready: {}}\n";
    let scenarios = [
        scenario("    - chekc: {ready: {}}\n"),
        scenario("    - check: {}\n"),
        scenario("    - check: {ready: {}, synced: {}}\n"),
        scenario("    - check: {ready: {}, withn: 5s}\n"),
        scenario("    - check: {within: soon, ready: {}}\n"),
        scenario("    - check: {inARow: 0, ready: {}}\n"),
        scenario("    - wait: 5\n"),
        scenario("    - fault: {scale: {workload: a, replicas: 1}}\n"),
        scenario("    - label: {in: all, kind: namespace, name: a, labels: {a: b}}\n"),
        scenario(good_step).replace("metadata: {name: test}", "metadata: {name: Test_1}"),
        scenario(good_step).replace(
            "proves: [{promise: it works, link: https://istio.io/}]",
            "proves: []",
        ),
        scenario(good_step).replace("v1alpha1", "v2"),
    ];
    let topologies = [
        topology("  networks: {}\n"),
        topology("  networks: {}\n  clusters: {}\n"),
        topology("  networks: {n: {}}\n  clusters: {a: {network: n, overlap: maybe}}\n"),
        topology("  networks: {n: {}}\n  clusters: {a: {network: n, podCIDR: 10.0.0.0/33}}\n"),
        topology("  networks: {n: {}}\n  clusters: {A_B: {network: n}}\n"),
        topology("  networks: {n: {}}\n  clusters: {a: {netwrok: n, network: n}}\n"),
        topology("  networks: {n: {}}\n  clusters: {a: {network: n}}\n  links: [{between: [n]}]\n"),
    ];
    assert!(validator(&schema::scenario()).is_valid(&json(&scenario(good_step))));
    for (schema, files) in [
        (schema::scenario(), &scenarios[..]),
        (schema::topology(), &topologies[..]),
    ] {
        let validator = validator(&schema);
        for text in files {
            assert!(
                !validator.is_valid(&json(text)),
                "the library accepts:\n{text}"
            );
            assert!(
                !crate::support::lines_of(text).is_empty(),
                "we accept:\n{text}"
            );
        }
    }
}

#[test]
fn every_field_is_documented() {
    for schema in [schema::topology(), schema::scenario()] {
        let mut missing = Vec::new();
        undocumented(schema.as_value(), "", &mut missing);
        assert!(missing.is_empty(), "{missing:#?}");
    }
}

/// Fields without a description, by their path in the schema.
fn undocumented(schema: &Json, path: &str, missing: &mut Vec<String>) {
    match schema {
        Json::Object(object) => {
            // The one field of an alternative is documented by the alternative.
            let documented = path.contains("/oneOf") || path.contains("/anyOf");
            if let Some(Json::Object(fields)) = object.get("properties")
                && !(documented && object.contains_key("description"))
            {
                let bare = fields
                    .iter()
                    .filter(|(_, field)| field.get("description").is_none());
                missing.extend(bare.map(|(name, _)| format!("{path}/{name}")));
            }
            for (key, value) in object {
                undocumented(value, &format!("{path}/{key}"), missing);
            }
        }
        Json::Array(items) => items
            .iter()
            .for_each(|item| undocumented(item, path, missing)),
        _ => {}
    }
}
