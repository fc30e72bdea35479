//! From a JSON schema to shapes. Only what schemars writes for our drafts is understood; anything
//! else is a mistake in a draft, which the tests of this crate would meet first.

use std::{cell::RefCell, collections::BTreeMap};

use regex_lite::Regex;
use serde_json::{Map as Object, Value as Json};

use super::shape::{Bounds, List, Map, Others, Schema, Shape, Text};
use crate::draft::FREE_KEYWORD;

const DEFINITIONS: &str = "#/$defs/";

/// Compiles a schema.
///
/// # Panics
/// If the schema uses a keyword in a way that the drafts never do.
pub(crate) fn compile(schema: &schemars::Schema) -> Schema {
    let root = schema.as_object().expect("a draft's schema is an object");
    let compiler = Compiler {
        definitions: root.get("$defs").and_then(Json::as_object),
        patterns: RefCell::default(),
    };
    let named = compiler.definitions.into_iter().flatten();
    Schema {
        named: named
            .map(|(name, schema)| (name.clone(), compiler.shape(object(schema))))
            .collect(),
        root: compiler.shape(root),
    }
}

struct Compiler<'a> {
    definitions: Option<&'a Object<String, Json>>,
    /// Most fields have one of a few patterns, and compiling one is the dearest step of all.
    patterns: RefCell<BTreeMap<String, Regex>>,
}

impl Compiler<'_> {
    fn shape(&self, schema: &Object<String, Json>) -> Shape {
        if let Some(name) = schema.get("$ref").and_then(Json::as_str) {
            return Shape::Named(name.trim_start_matches(DEFINITIONS).to_owned());
        }
        if schema.contains_key(FREE_KEYWORD) {
            return Shape::Free;
        }
        if let Some(words) = words(schema) {
            return Shape::Words(words);
        }
        match schema.get("type") {
            Some(Json::String(kind)) if kind == "object" => Shape::Map(self.map(schema)),
            Some(Json::String(kind)) => self.typed(kind, schema),
            Some(Json::Array(kinds)) => {
                let kinds = kinds.iter().filter_map(Json::as_str);
                Shape::Union(kinds.map(|kind| self.typed(kind, schema)).collect())
            }
            _ => self.union(schema),
        }
    }

    fn typed(&self, kind: &str, schema: &Object<String, Json>) -> Shape {
        match kind {
            "string" => Shape::Text(self.text(schema)),
            "boolean" => Shape::Bool,
            "null" => Shape::Null,
            "integer" | "number" => Shape::Number(Bounds {
                integer: kind == "integer",
                min: number(schema, "minimum", f64::MIN),
                max: number(schema, "maximum", f64::MAX),
            }),
            "array" => Shape::List(List {
                items: Box::new(self.shape(object(&schema["items"]))),
                min: count(schema, "minItems", 0),
                max: count(schema, "maxItems", usize::MAX),
            }),
            "object" => Shape::Map(self.map(schema)),
            other => unreachable!("no draft has the type '{other}'"),
        }
    }

    fn map(&self, schema: &Object<String, Json>) -> Map {
        let mut map = Map {
            required: strings(schema.get("required")),
            others: self.others(schema),
            min: count(schema, "minProperties", 0),
            ..Map::default()
        };
        let fields = schema.get("properties").and_then(Json::as_object);
        for (name, field) in fields.into_iter().flatten() {
            map.fields.insert(name.clone(), self.shape(object(field)));
        }
        for (name, field) in alternatives(schema)
            .and_then(|all| self.choices(all))
            .unwrap_or_default()
        {
            map.choice.push(name.clone());
            map.fields.insert(name, field);
        }
        map
    }

    fn others(&self, schema: &Object<String, Json>) -> Option<Others> {
        let patterned = schema.get("patternProperties").and_then(Json::as_object);
        if let Some((pattern, shape)) = patterned.and_then(|patterns| patterns.iter().next()) {
            return Some(Others {
                names: Some(self.regex(pattern)),
                shape: Box::new(self.shape(object(shape))),
            });
        }
        let shape = schema.get("additionalProperties")?.as_object()?;
        Some(Others {
            names: None,
            shape: Box::new(self.shape(shape)),
        })
    }

    fn union(&self, schema: &Object<String, Json>) -> Shape {
        let all = alternatives(schema).expect("a draft has a type or alternatives");
        if let Some(choices) = self.choices(all) {
            let (choice, fields): (Vec<_>, BTreeMap<_, _>) = choices
                .into_iter()
                .map(|(name, shape)| (name.clone(), (name, shape)))
                .unzip();
            return Shape::Map(Map {
                fields,
                choice,
                ..Map::default()
            });
        }
        Shape::Union(
            all.iter()
                .map(|schema| self.shape(object(schema)))
                .collect(),
        )
    }

    /// The fields of which a mapping has exactly one, if that is what the alternatives say: each of
    /// them is a mapping with a single, required field, or refers to such alternatives.
    fn choices(&self, all: &[Json]) -> Option<Vec<(String, Shape)>> {
        let mut choices = Vec::new();
        for alternative in all {
            let alternative = object(alternative);
            if let Some(name) = alternative.get("$ref").and_then(Json::as_str) {
                let name = name.trim_start_matches(DEFINITIONS);
                let named = self.definitions?.get(name)?;
                choices.extend(self.choices(alternatives(object(named))?)?);
                continue;
            }
            let required = strings(alternative.get("required"));
            let fields = alternative.get("properties")?.as_object()?;
            match (required.as_slice(), fields.len()) {
                ([name], 1) => choices.push((name.clone(), self.shape(object(&fields[name])))),
                _ => return None,
            }
        }
        Some(choices)
    }

    fn text(&self, schema: &Object<String, Json>) -> Text {
        let pattern = schema.get("pattern").and_then(Json::as_str);
        let description = schema.get("description").and_then(Json::as_str);
        Text {
            pattern: pattern.map(|pattern| self.regex(pattern)),
            min: count(schema, "minLength", 0),
            max: count(schema, "maxLength", usize::MAX),
            description: description.filter(|_| pattern.is_some()).map(str::to_owned),
        }
    }

    fn regex(&self, pattern: &str) -> Regex {
        let mut known = self.patterns.borrow_mut();
        let made = || Regex::new(pattern).expect("the drafts' patterns are regular expressions");
        known.entry(pattern.to_owned()).or_insert_with(made).clone()
    }
}

fn alternatives(schema: &Object<String, Json>) -> Option<&Vec<Json>> {
    schema
        .get("oneOf")
        .or_else(|| schema.get("anyOf"))?
        .as_array()
}

/// The words of an enumeration, documented (`oneOf` with `const`) or not (`enum`).
fn words(schema: &Object<String, Json>) -> Option<Vec<String>> {
    if let Some(word) = schema.get("const").and_then(Json::as_str) {
        return Some(vec![word.to_owned()]);
    }
    if schema.contains_key("enum") {
        return Some(strings(schema.get("enum")));
    }
    let mut all = Vec::new();
    for alternative in alternatives(schema)? {
        all.extend(words(alternative.as_object()?)?);
    }
    Some(all)
}

fn object(schema: &Json) -> &Object<String, Json> {
    schema.as_object().expect("a draft's schema is an object")
}

fn strings(list: Option<&Json>) -> Vec<String> {
    let list = list.and_then(Json::as_array).into_iter().flatten();
    list.filter_map(Json::as_str).map(str::to_owned).collect()
}

fn number(schema: &Object<String, Json>, keyword: &str, default: f64) -> f64 {
    schema
        .get(keyword)
        .and_then(Json::as_f64)
        .unwrap_or(default)
}

fn count(schema: &Object<String, Json>, keyword: &str, default: usize) -> usize {
    let count = schema.get(keyword).and_then(Json::as_u64);
    count.map_or(default, |count| {
        usize::try_from(count).unwrap_or(usize::MAX)
    })
}
