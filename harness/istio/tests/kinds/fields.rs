//! Every field that Istio has is read or refused by its exact path, and the tables of fields say
//! the same as the structs.

use istio::kinds::{
    Kind,
    shape::{Field, Form, Plural, Shape, shape},
};
use serde_json::{Map, Value, json};

use crate::{
    generate::{KEY, least, one, wrapped},
    reading::{MESSAGES, read},
};

/// A field, and the fields it is within.
type Path = Vec<&'static Field>;

fn paths(described: &'static Shape, within: &Path, found: &mut Vec<Path>) {
    for field in &described.fields {
        let mut path = within.clone();
        path.push(field);
        found.push(path.clone());
        match &field.form {
            Form::Object(inner) => paths(inner, &path, found),
            Form::Named(name) => paths(shape(name), &path, found),
            _ => {}
        }
    }
}

fn all_paths(name: &str) -> Vec<Path> {
    let mut found = Vec::new();
    paths(shape(name), &Vec::new(), &mut found);
    found
}

/// The least object that has the field at the end of `path` with this value.
fn with(described: &Shape, path: &[&'static Field], value: &Value) -> Value {
    let mut object: Map<String, Value> = least(described);
    let (field, rest) = path.split_first().expect("a path has a field");
    let inner = match (&field.form, rest) {
        (_, []) => value.clone(),
        (Form::Object(inner), rest) => with(inner, rest, value),
        (Form::Named(name), rest) => with(shape(name), rest, value),
        _ => unreachable!("only objects have fields"),
    };
    if matches!(field.name, "registryServiceName" | "fromRegistry") {
        object.clear();
        object.insert("port".to_owned(), json!(1));
    }
    if field.name == "fromRegistry" {
        object.clear();
    }
    object.insert(field.name.to_owned(), wrapped(field, inner));
    Value::Object(object)
}

/// How the path of a field is told.
fn told(path: &[&'static Field], root: &str) -> String {
    let mut told = root.to_owned();
    for (index, field) in path.iter().enumerate() {
        if !told.is_empty() {
            told.push('.');
        }
        told.push_str(field.name);
        let ends = index + 1 == path.len() && field.form == Form::Unmodelled;
        match field.plural {
            Plural::One => {}
            _ if ends => {}
            Plural::List => told.push_str("[0]"),
            Plural::Map | Plural::PortMap => told.push_str(&format!(".{KEY}")),
        }
    }
    told
}

fn object(kind: Kind, spec: Value) -> Value {
    json!({
        "apiVersion": format!("{}/v1", kind.group()),
        "kind": kind.name(),
        "metadata": { "name": "a", "namespace": "b" },
        "spec": spec,
    })
}

/// What is told of a value at a path, in an object or message of this name.
fn outcome(name: &str, path: &[&'static Field], value: &Value) -> (Vec<String>, String) {
    let body = with(shape(name), path, value);
    let kind = Kind::ALL.iter().find(|kind| kind.name() == name);
    match kind {
        Some(kind) => (
            read(None, &object(*kind, body)).err().unwrap_or_default(),
            told(path, "spec"),
        ),
        None => (
            read(Some(name), &body).err().unwrap_or_default(),
            told(path, ""),
        ),
    }
}

fn names() -> impl Iterator<Item = &'static str> {
    Kind::ALL
        .iter()
        .map(|kind| kind.name())
        .chain(MESSAGES.iter().copied())
}

/// Whether the field is a map whose keys are looked up: flags of istiod, and of a proxy's agent.
fn has_known_keys(path: &[&'static Field]) -> bool {
    let parent = path.len().checked_sub(2).map(|at| path[at].name);
    path.last().is_some_and(|field| {
        field.name == "proxyMetadata" || (field.name == "env" && parent == Some("pilot"))
    })
}

#[test]
fn every_field_is_read_or_refused_by_its_path() {
    let mut read = 0;
    let mut refused = 0;
    for name in names() {
        for path in all_paths(name) {
            let field = path.last().expect("a path has a field");
            let (problems, at) = outcome(name, &path, &one(field));
            if field.form == Form::Unmodelled {
                let expected = format!("{at}: Istio has this field; isthmus does not model it yet");
                assert!(problems.contains(&expected), "{name}: {at}: {problems:?}");
                refused += 1;
            } else if !has_known_keys(&path) {
                assert!(problems.is_empty(), "{name}: {problems:?}");
                read += 1;
            }
        }
    }
    assert!(
        read > 700 && refused > 200,
        "{read} fields are read and {refused} refused"
    );
}

#[test]
fn every_value_of_an_enumeration_is_read_or_refused_by_its_path() {
    for name in names() {
        for path in all_paths(name) {
            let Some(Form::Enum(words)) = path.last().map(|field| &field.form) else {
                continue;
            };
            for word in words {
                let (problems, at) = outcome(name, &path, &json!(word.text));
                let refused = format!(
                    "{at}: Istio has the value {}; isthmus does not model it yet",
                    word.text
                );
                let expected = if word.modelled {
                    Vec::new()
                } else {
                    vec![refused]
                };
                assert_eq!(problems, expected, "{name}");
            }
        }
    }
}

#[test]
fn a_field_that_istio_does_not_have_is_refused_by_its_path_wherever_it_is() {
    for name in names() {
        for path in all_paths(name) {
            let field = path.last().expect("a path has a field");
            let (Form::Object(_) | Form::Named(_)) = &field.form else {
                continue;
            };
            let mut inner = one(field);
            inner["whatIsThis"] = json!(1);
            let (problems, at) = outcome(name, &path, &inner);
            let expected = format!("{at}.whatIsThis: Istio has no such field");
            assert!(
                problems.iter().any(|told| told.starts_with(&expected)),
                "{problems:?}"
            );
        }
    }
}
