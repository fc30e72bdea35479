//! What istioctl writes: a stream of YAML documents, one object each.

use serde::Deserialize as _;
use serde_json::Value;

use crate::Result;

/// The objects of a stream, in its order. Charts leave empty documents where a template made nothing.
///
/// # Errors
/// If a document is no YAML.
pub fn objects(text: &str) -> Result<Vec<Value>> {
    let documents = serde_yaml::Deserializer::from_str(text);
    let mut objects = Vec::new();
    for document in documents {
        let value = Value::deserialize(document)?;
        if !value.is_null() {
            objects.push(value);
        }
    }
    Ok(objects)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_that_templates_left_empty_are_no_objects() {
        let text = "---\n\n---\nkind: A\n---\n# only a comment\n---\nkind: B\n";
        let kinds: Vec<Value> = objects(text).unwrap();
        assert_eq!(kinds.len(), 2);
        assert_eq!(kinds[1]["kind"], "B");
    }

    #[test]
    fn a_document_that_is_no_yaml_is_an_error() {
        assert!(objects("a: [").is_err());
    }
}
