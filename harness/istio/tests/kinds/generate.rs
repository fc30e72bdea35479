//! Values made from the tables of fields.

use istio::kinds::shape::{Field, Form, Plural, Shape, shape};
use serde_json::{Map, Value, json};

/// The least that an object of this shape may say: its required fields.
pub(crate) fn least(described: &Shape) -> Map<String, Value> {
    let required = described.fields.iter().filter(|field| field.required);
    let mut object: Map<String, Value> = required
        .map(|field| (field.name.to_owned(), wrapped(field, one(field))))
        .collect();
    for (mark, companion, value) in COMPANIONS {
        if described.fields.iter().any(|field| field.name == *mark) {
            object.insert((*companion).to_owned(), value());
        }
    }
    object
}

/// A field that tells a shape, and another that its objects need to be whole, which the tables
/// cannot say.
type Companion = (&'static str, &'static str, fn() -> Value);

const COMPANIONS: &[Companion] = &[
    ("registryServiceName", "address", || json!("192.0.2.1")),
    ("fromCidr", "fromCidr", || json!("10.0.0.0/8")),
    (
        "portLevelMtls",
        "selector",
        || json!({ "matchLabels": { "app": "a" } }),
    ),
    ("locality", "address", || json!("192.0.2.1")),
    ("resolution", "resolution", || json!("STATIC")),
];

/// A value of a field that has one value, or of each element of one that has more.
pub(crate) fn one(field: &Field) -> Value {
    match &field.form {
        Form::Text => text(field.name),
        Form::Integer | Form::Number | Form::Port | Form::Percent => json!(1),
        Form::Duration | Form::Time => json!("1s"),
        Form::Boolean => json!(true),
        Form::Any | Form::Unmodelled => json!({}),
        Form::Enum(words) => {
            let word = words.iter().find(|word| word.modelled);
            json!(
                word.expect("an enumeration has a value that is modelled")
                    .text
            )
        }
        Form::Object(within) => Value::Object(least(within)),
        Form::Named(name) => Value::Object(least(shape(name))),
    }
}

/// A value put into the list or map that the field is.
pub(crate) fn wrapped(field: &Field, value: Value) -> Value {
    match field.plural {
        Plural::One => value,
        Plural::List => json!([value]),
        Plural::Map | Plural::PortMap => json!({ KEY: value }),
    }
}

/// The key of every map that is made here: a number, because some maps have ports for keys.
pub(crate) const KEY: &str = "8080";

fn text(field: &str) -> Value {
    match field {
        "protocol" => json!("TCP"),
        _ => json!("a"),
    }
}
