//! Values made from the tables of fields.

use istio::kinds::shape::{Field, Form, Plural, Shape, shape};
use serde_json::{Map, Value, json};

/// The least that an object of this shape may say: its required fields.
pub(crate) fn least(described: &Shape) -> Map<String, Value> {
    let required = described.fields.iter().filter(|field| field.required);
    let mut object: Map<String, Value> = required
        .map(|field| (field.name.to_owned(), wrapped(field, one(field))))
        .collect();
    // Two places ask for one of several fields, which the tables cannot say.
    if described
        .fields
        .iter()
        .any(|field| field.name == "registryServiceName")
    {
        object.insert("address".to_owned(), json!("192.0.2.1"));
    }
    if described
        .fields
        .iter()
        .any(|field| field.name == "fromCidr")
    {
        object.insert("fromCidr".to_owned(), json!("10.0.0.0/8"));
    }
    object
}

/// A value of a field that has one value, or of each element of one that has more.
pub(crate) fn one(field: &Field) -> Value {
    match &field.form {
        Form::Text => text(field.name),
        Form::Integer | Form::Number => json!(1),
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

/// Fields whose text is a length of time.
const DURATIONS: &[&str] = &[
    "backoff",
    "baseEjectionTime",
    "connectTimeout",
    "dnsRefreshRate",
    "drainDuration",
    "duration",
    "fixedDelay",
    "idleTimeout",
    "interval",
    "maxConnectionDuration",
    "perTryTimeout",
    "protocolDetectionTimeout",
    "terminationDrainDuration",
    "time",
    "timeout",
    "ttl",
    "warmupDurationSecs",
];

fn text(field: &str) -> Value {
    match field {
        "protocol" => json!("TCP"),
        name if DURATIONS.contains(&name) => json!("1s"),
        _ => json!("a"),
    }
}
