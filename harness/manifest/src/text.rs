//! Documents inside objects: YAML and JSON as text.

use serde_json::Value;

/// A tree as YAML.
pub(crate) fn yaml(tree: &Value) -> String {
    serde_yaml::to_string(tree).expect("a JSON tree has a YAML form")
}

/// A tree as JSON that people can read.
pub(crate) fn json(tree: &Value) -> String {
    serde_json::to_string_pretty(tree).expect("a JSON tree has a text form")
}
