//! Content that is not ours: Helm values, MeshConfig, Kubernetes objects.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A mapping whose keys belong to Helm, Istio or Kubernetes; its scalars are read as `kubectl`
/// reads them (`0644` is octal, `yes` is true).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Free(pub Map<String, Value>);

impl Free {
    /// Whether nothing is set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// This mapping with `over` merged over it: mappings key by key, anything else replaced.
    #[must_use]
    pub fn merged(&self, over: &Self) -> Self {
        let mut merged = self.0.clone();
        merge(&mut merged, &over.0);
        Self(merged)
    }
}

fn merge(under: &mut Map<String, Value>, over: &Map<String, Value>) {
    for (key, value) in over {
        match (under.get_mut(key), value) {
            (Some(Value::Object(under)), Value::Object(over)) => merge(under, over),
            _ => {
                under.insert(key.clone(), value.clone());
            }
        }
    }
}

/// Marks the schema of a [`Free`] mapping; other tools ignore the keyword.
pub(crate) const FREE_KEYWORD: &str = "x-isthmus-free";

impl JsonSchema for Free {
    fn schema_name() -> Cow<'static, str> {
        "Free".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "description": "keys of Helm, Istio or Kubernetes, read with kubectl's YAML semantics",
            (FREE_KEYWORD): true,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_merged_key_by_key() {
        let free = |text: &str| serde_json::from_str::<Free>(text).unwrap();
        let under = free(r#"{"global": {"network": "a", "meshID": "m"}, "list": [1, 2]}"#);
        let over = free(r#"{"global": {"network": "b"}, "list": [3]}"#);
        let merged = free(r#"{"global": {"network": "b", "meshID": "m"}, "list": [3]}"#);
        assert_eq!(under.merged(&over), merged);
    }
}
