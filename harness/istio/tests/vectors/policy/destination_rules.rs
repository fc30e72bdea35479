//! Which DestinationRules a client reads, and how they are merged.

use std::collections::BTreeMap;

use istio::{
    kinds::{DestinationRule, Metadata, Object, Subset, selector::Labels},
    routing::{DestinationRules, MergedRule, RuleScope},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::objects;
use crate::case::Case;

/// The domain is of no account: hosts in these vectors are full names.
const DOMAIN: &str = "cluster.local";

/// A root namespace for vectors that name none.
const ROOT: &str = "istio-system";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lookup {
    root_namespace: String,
    rules: Rules,
    client_namespace: String,
    service_namespace: String,
    host: String,
}

/// Rules of the vector, or the name of the fixture that holds them.
#[derive(Deserialize)]
#[serde(untagged)]
enum Rules {
    Written(Vec<LookupRule>),
    Named(String),
}

#[derive(Deserialize)]
struct Fixture {
    rules: Vec<LookupRule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LookupRule {
    namespace: String,
    host: String,
    export_to: Vec<String>,
    subsets: Vec<String>,
}

pub(crate) fn lookup(case: &mut Case<'_>) -> Result<(), String> {
    let input: Lookup = case.input()?;
    let rules = match input.rules {
        Rules::Written(rules) => rules,
        Rules::Named(name) => {
            case.fixture::<Fixture>(&format!("destination_rules_{name}"))?
                .rules
        }
    };
    let objects: Vec<_> = rules.into_iter().enumerate().map(lookup_rule).collect();
    let index = DestinationRules::new(&objects, scope(&input.root_namespace, &[]));
    let labels = Labels::new();
    let client = (input.client_namespace.as_str(), &labels);
    let chosen = index
        .for_workload(client, &input.service_namespace, &input.host)
        .value;
    let subsets = chosen.map(|rule| {
        rule.spec
            .subsets
            .iter()
            .map(|s| s.name.clone())
            .collect::<Vec<_>>()
    });
    case.came_out("subsets", subsets);
    Ok(())
}

fn lookup_rule((place, rule): (usize, LookupRule)) -> Object<DestinationRule> {
    object(
        objects::at(&rule.namespace, place),
        &rule.host,
        rule.export_to,
        None,
        rule.subsets,
    )
}

fn scope<'a>(root_namespace: &'a str, default_export_to: &'a [String]) -> RuleScope<'a> {
    RuleScope {
        root_namespace,
        domain: DOMAIN,
        default_export_to,
    }
}

fn object(
    metadata: Metadata,
    host: &str,
    export_to: Vec<String>,
    selector: Option<Labels>,
    subsets: Vec<String>,
) -> Object<DestinationRule> {
    let subset = |name| Subset {
        name,
        ..Subset::default()
    };
    Object {
        metadata,
        spec: DestinationRule {
            host: host.to_owned(),
            traffic_policy: None,
            subsets: subsets.into_iter().map(subset).collect(),
            export_to,
            workload_selector: objects::selector(selector),
        },
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Merge {
    namespace: String,
    host: String,
    default_export_to: Vec<String>,
    rules: Vec<MergeRule>,
    view: View,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MergeRule {
    name: String,
    #[serde(default)]
    created_offset_s: f64,
    export_to: Vec<String>,
    selector: Option<Labels>,
    subsets: Vec<String>,
}

/// Who looks: the namespace itself, or others.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum View {
    SameNamespace,
    Exported,
}

pub(crate) fn merge(case: &mut Case<'_>) -> Result<(), String> {
    let input: Merge = case.input()?;
    let objects = merge_rules(input.rules, &input.namespace, &input.host);
    let index = DestinationRules::new(&objects, scope(ROOT, &input.default_export_to));
    let seen = match input.view {
        View::SameNamespace => index.of_namespace(&input.namespace, &input.host),
        View::Exported => index.exported_by(&input.namespace, &input.host),
    };
    let expected = case
        .expected("merged")
        .and_then(Value::as_array)
        .ok_or("no list 'merged'")?;
    case.hold(seen.len() == expected.len(), || {
        format!(
            "merged: expected {} rules, came out {}",
            expected.len(),
            seen.len()
        )
    });
    for (expected, actual) in expected.iter().zip(seen) {
        case.same("merged", expected, &shown(actual, expected));
    }
    Ok(())
}

/// A merged rule as vectors write it, with `export_to` only where it is expected.
fn shown(rule: &MergedRule, expected: &Value) -> Value {
    let mut shown = json!({"from": rule.from, "subset_count": rule.spec.subsets.len()});
    if expected.get("export_to").is_some() {
        shown["export_to"] = json!(rule.export_to);
    }
    shown
}

fn merge_rules(rules: Vec<MergeRule>, namespace: &str, host: &str) -> Vec<Object<DestinationRule>> {
    let object = |rule: MergeRule| {
        let metadata = objects::metadata(namespace, &rule.name, rule.created_offset_s);
        object(metadata, host, rule.export_to, rule.selector, rule.subsets)
    };
    rules.into_iter().map(object).collect()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ForWorkloads {
    namespace: String,
    host: String,
    rules: Vec<MergeRule>,
    client_namespace: String,
    service_namespace: String,
}

pub(crate) fn workload_selector(case: &mut Case<'_>) -> Result<(), String> {
    let input: ForWorkloads = case.input()?;
    let objects = merge_rules(input.rules, &input.namespace, &input.host);
    let index = DestinationRules::new(&objects, scope(ROOT, &[]));
    let found = index
        .candidates(
            &input.client_namespace,
            &input.service_namespace,
            &input.host,
        )
        .value;
    case.came_out(
        "candidates",
        found.iter().map(|rule| rule.name()).collect::<Vec<_>>(),
    );
    let merged: BTreeMap<_, _> = found.iter().map(|rule| (rule.name(), &rule.from)).collect();
    case.came_out("merged_from", merged);
    Ok(())
}
