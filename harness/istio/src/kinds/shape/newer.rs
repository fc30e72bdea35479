//! Fields that a version does not read although they are modelled.

use serde_json::Value;
use world::Version;

use super::{
    check::join,
    table::{Form, Shape, shape},
};
use crate::{
    kinds::problem::{Fault, Problem},
    version::field::{NewField, unknown_to},
};

/// The fields of `value`, a kind or message of this name at `path`, that `version` does not read.
pub fn newer_than(version: &Version, name: &str, value: &Value, path: &str) -> Vec<Problem> {
    let search = Search {
        version,
        unread: unknown_to(version).collect(),
    };
    let mut found = Vec::new();
    if !search.unread.is_empty() {
        search.object(&Within::whole(name), shape(name), value, path, &mut found);
    }
    found
}

struct Search<'a> {
    version: &'a Version,
    unread: Vec<&'static NewField>,
}

/// Where the search is: a message, and the fields within it, as the facts name them.
struct Within<'a> {
    message: &'a str,
    fields: String,
}

impl<'a> Within<'a> {
    fn whole(message: &'a str) -> Self {
        Self {
            message,
            fields: String::new(),
        }
    }

    fn field(&self, name: &str) -> Self {
        Self {
            message: self.message,
            fields: match self.fields.as_str() {
                "" => name.to_owned(),
                fields => format!("{fields}.{name}"),
            },
        }
    }
}

impl Search<'_> {
    fn object(
        &self,
        within: &Within<'_>,
        described: &Shape,
        value: &Value,
        path: &str,
        found: &mut Vec<Problem>,
    ) {
        for (name, value) in value.as_object().into_iter().flatten() {
            let Some(field) = described.fields.iter().find(|field| field.name == name) else {
                continue;
            };
            let (within, path) = (within.field(name), join(path, name));
            match self.unread(&within) {
                Some(fact) => found.push(self.problem(fact, path)),
                None => self.below(&within, &field.form, value, &path, found),
            }
        }
    }

    /// Every value of a field, one or many.
    fn below(
        &self,
        within: &Within<'_>,
        form: &Form,
        value: &Value,
        path: &str,
        found: &mut Vec<Problem>,
    ) {
        match (form, value) {
            (Form::Object(_) | Form::Named(_), Value::Array(values)) => {
                for (index, value) in values.iter().enumerate() {
                    self.below(within, form, value, &format!("{path}[{index}]"), found);
                }
            }
            (Form::Object(described), value) => self.object(within, described, value, path, found),
            (Form::Named(name), value) => {
                self.object(&Within::whole(name), shape(name), value, path, found);
            }
            _ => {}
        }
    }

    fn unread(&self, within: &Within<'_>) -> Option<&'static NewField> {
        let is_here = |fact: &&&NewField| fact.of == within.message && fact.path == within.fields;
        self.unread.iter().find(is_here).copied()
    }

    fn problem(&self, fact: &NewField, path: String) -> Problem {
        Problem {
            path,
            fault: Fault::Newer {
                since: fact.since,
                version: self.version.clone(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(version: &str, name: &str, value: &Value) -> Vec<String> {
        let found = newer_than(&version.parse().unwrap(), name, value, "spec");
        found.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_field_of_a_message_is_found_wherever_the_message_stands() {
        let zones = json!({ "zoneAwareLbSetting": { "enabled": true } });
        let rule = json!({
            "host": "h",
            "trafficPolicy": { "loadBalancer": zones },
            "subsets": [{ "name": "a" }, { "name": "b", "trafficPolicy": { "loadBalancer": zones } }],
        });
        let line = |path: &str| {
            format!(
                "spec.{path}trafficPolicy.loadBalancer.zoneAwareLbSetting: Istio 1.30.3 does not \
                 read this field, which is new in 1.31.0"
            )
        };
        assert_eq!(
            told("1.30.3", "DestinationRule", &rule),
            [line("subsets[1]."), line("")]
        );
        assert!(told("1.31.0", "DestinationRule", &rule).is_empty());
    }

    #[test]
    fn a_field_within_a_kind_is_found_by_its_way_there() {
        let policy = json!({
            "rules": [{ "from": [{ "source": { "trustDomains": ["a"], "principals": ["b"] } }] }],
        });
        assert_eq!(
            told("1.30.2", "AuthorizationPolicy", &policy).len(),
            1,
            "{policy}"
        );
        assert!(told("1.30.3", "AuthorizationPolicy", &policy).is_empty());
        // The same words elsewhere are another field.
        assert!(told("1.28.0", "MeshConfig", &json!({ "trustDomain": "a" })).is_empty());
    }
}
