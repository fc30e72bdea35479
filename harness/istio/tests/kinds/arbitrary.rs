//! Properties: whatever is given, reading answers, and what it read stays what it is.

use istio::kinds::{
    Kind, shape,
    shape::{Field, Form, Plural, Shape},
};
use proptest::{
    collection, option,
    prelude::*,
    strategy::{Union, ValueTree},
};
use serde_json::{Map, Value, json};

use crate::reading::{MESSAGES, read};

/// Any JSON, with a leaning to names that Istio has.
fn any_json() -> impl Strategy<Value = Value> {
    let names = prop_oneof![
        "[a-zA-Z.]{0,12}",
        Just("spec".to_owned()),
        Just("http".to_owned())
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 60, 6, move |inner| {
        prop_oneof![
            collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            collection::btree_map(names.clone(), inner, 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// A value as the tables describe it; texts are drawn from what such fields hold.
fn described(form: &Form, depth: u32) -> BoxedStrategy<Value> {
    const TEXTS: &[&str] = &[
        "a",
        "1s",
        "0.25s",
        "HTTP",
        "TCP",
        "10.0.0.0/8",
        "*",
        "r/z/*",
    ];
    match form {
        Form::Text => proptest::sample::select(TEXTS)
            .prop_map(Value::from)
            .boxed(),
        Form::Integer => (0_u32..200).prop_map(Value::from).boxed(),
        Form::Port => (1_u16..).prop_map(Value::from).boxed(),
        Form::Percent => (0_u32..=100).prop_map(Value::from).boxed(),
        Form::Duration => (1_u32..).prop_map(|ms| json!(format!("{ms}ms"))).boxed(),
        Form::Time => (0_u32..).prop_map(|s| json!(format!("{s}s"))).boxed(),
        Form::Number => (0_u32..1000)
            .prop_map(|n| json!(f64::from(n) / 8.0))
            .boxed(),
        Form::Boolean => any::<bool>().prop_map(Value::from).boxed(),
        Form::Any => Just(json!({ "a": [1, "b"] })).boxed(),
        Form::Unmodelled => unreachable!("such fields are left out"),
        Form::Enum(words) => {
            let modelled = words
                .iter()
                .filter(|word| word.modelled)
                .map(|word| word.text);
            proptest::sample::select(modelled.collect::<Vec<_>>())
                .prop_map(Value::from)
                .boxed()
        }
        Form::Object(within) => object(within, depth),
        Form::Named(name) => object(shape::shape(name), depth),
    }
}

fn object(described: &Shape, depth: u32) -> BoxedStrategy<Value> {
    let modelled = described
        .fields
        .iter()
        .filter(|field| field.form != Form::Unmodelled);
    let fields: Vec<BoxedStrategy<Option<(String, Value)>>> =
        modelled.map(|field| perhaps(field, depth)).collect();
    fields
        .prop_map(|fields| Value::Object(fields.into_iter().flatten().collect::<Map<_, _>>()))
        .boxed()
}

/// A field, always if it is required, else the more seldom the deeper.
fn perhaps(field: &Field, depth: u32) -> BoxedStrategy<Option<(String, Value)>> {
    let name = field.name.to_owned();
    let share = if field.required {
        1.0
    } else {
        0.35 / f64::from(depth)
    };
    if share < 0.1 {
        return Just(None).boxed();
    }
    let value = described(&field.form, depth + 1);
    let value = match field.plural {
        Plural::One => value,
        Plural::List => collection::vec(value, 0..3).prop_map(Value::from).boxed(),
        Plural::Map | Plural::PortMap => collection::btree_map("[1-9][0-9]{1,3}", value, 0..3)
            .prop_map(|fields| Value::Object(fields.into_iter().collect()))
            .boxed(),
    };
    if field.required {
        return value
            .prop_map(move |value| Some((name.clone(), value)))
            .boxed();
    }
    option::weighted(share, value)
        .prop_map(move |value| Some((name.clone(), value?)))
        .boxed()
}

fn any_object() -> impl Strategy<Value = (Option<&'static str>, Value)> {
    let kinds = Kind::ALL.iter().map(|kind| {
        let spec = object(shape::shape(kind.name()), 1);
        let whole = move |spec| {
            let api_version = format!("{}/v1", kind.group());
            json!({ "apiVersion": api_version, "kind": kind.name(), "spec": spec })
        };
        spec.prop_map(move |spec| (None, whole(spec))).boxed()
    });
    let messages = MESSAGES.iter().map(|name| {
        object(shape::shape(name), 1)
            .prop_map(move |value| (Some(*name), value))
            .boxed()
    });
    Union::new(kinds.chain(messages))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn reading_answers_whatever_it_is_given(value in any_json()) {
        for name in MESSAGES {
            let _ = read(Some(name), &value);
        }
        let _ = read(None, &value);
        for kind in Kind::ALL {
            let api_version = format!("{}/v1", kind.group());
            let whole = json!({ "apiVersion": api_version, "kind": kind.name(), "spec": value });
            let _ = read(None, &whole);
        }
    }

    #[test]
    fn what_was_read_stays_what_it_is((message, value) in any_object()) {
        if let Ok(once) = read(message, &value) {
            prop_assert_eq!(read(message, &once), Ok(once));
        }
    }

    #[test]
    fn only_values_can_be_wrong_in_an_object_made_from_the_tables((message, value) in any_object()) {
        let told = read(message, &value).err().unwrap_or_default();
        // Names of flags are values, although they stand where fields do.
        let is_flag = |line: &str| line.contains("pilot.env.") || line.contains("proxyMetadata.");
        for line in told.iter().filter(|line| !is_flag(line)) {
            prop_assert!(!line.contains("Istio has"), "{line}");
            let of_another_type = line.contains("this must be") && line.contains(", not ");
            prop_assert!(!of_another_type, "{line}");
            prop_assert!(!line.contains("required"), "{line}");
        }
    }
}

#[test]
fn many_objects_made_from_the_tables_are_read() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let strategy = any_object();
    let mut read_ones = 0;
    for _ in 0..1000 {
        let (message, value) = strategy
            .new_tree(&mut runner)
            .expect("a value is made")
            .current();
        read_ones += usize::from(read(message, &value).is_ok());
    }
    assert!(
        read_ones > 200,
        "only {read_ones} of 1000 objects were read"
    );
}
