//! Addresses that are only known once gateways live.
//!
//! In an applied object a text that is exactly `gateway:NAME@CLUSTER` stands for the load-balancer
//! address of that gateway. Nothing else in an object is ever replaced.

use serde_json::Value as Json;

use crate::topology::Gateway;

const PREFIX: &str = "gateway:";

/// How the address of a gateway is asked for.
pub fn reference(gateway: &Gateway) -> String {
    format!("{PREFIX}{}@{}", gateway.name, gateway.cluster)
}

/// Every reference in an object, in the order of its fields.
pub fn references(object: &Json) -> Vec<String> {
    match object {
        Json::String(text) if text.starts_with(PREFIX) => vec![text.clone()],
        Json::Array(items) => items.iter().flat_map(references).collect(),
        Json::Object(fields) => fields.values().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

/// The object with the address of each reference that `address_of` knows in its place.
pub fn filled_in(object: &Json, address_of: &dyn Fn(&str) -> Option<String>) -> Json {
    match object {
        Json::String(text) if text.starts_with(PREFIX) => {
            Json::String(address_of(text).unwrap_or_else(|| text.clone()))
        }
        Json::Array(items) => items
            .iter()
            .map(|item| filled_in(item, address_of))
            .collect(),
        Json::Object(fields) => fields
            .iter()
            .map(|(key, value)| (key.clone(), filled_in(value, address_of)))
            .collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_whole_references_are_filled_in() {
        let object =
            json!({"a": ["gateway:eastwest@cluster2", "see gateway:eastwest@cluster2"], "b": 5});
        assert_eq!(references(&object), ["gateway:eastwest@cluster2"]);
        let filled = filled_in(&object, &|_| Some("10.251.1.1".to_owned()));
        assert_eq!(
            filled,
            json!({"a": ["10.251.1.1", "see gateway:eastwest@cluster2"], "b": 5})
        );
    }
}
