//! Holding an object against the table of its fields.

use std::time::Duration;

use serde_json::{Map, Value};

use super::table::{Field, Form, Plural, Shape, Word, shape};
use crate::kinds::{
    IstioDuration,
    problem::{Fault, Problem},
};

/// Everything that is wrong with the fields of `value`, which stands at `path`.
pub fn check(described: &Shape, value: &Value, path: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    object(described, value, path, &mut problems);
    problems
}

fn object(described: &Shape, value: &Value, path: &str, problems: &mut Vec<Problem>) {
    let Value::Object(fields) = value else {
        return wrong_type("an object", value, path, problems);
    };
    for (name, value) in fields {
        let path = join(path, name);
        match described.fields.iter().find(|field| field.name == name) {
            Some(field) => plural(field, value, &path, problems),
            None => problems.push(Problem {
                path,
                fault: unknown(described, name),
            }),
        }
    }
    missing(described, fields, path, problems);
}

fn missing(
    described: &Shape,
    fields: &Map<String, Value>,
    path: &str,
    problems: &mut Vec<Problem>,
) {
    for field in described.fields.iter().filter(|field| field.required) {
        if !fields.contains_key(field.name) {
            problems.push(Problem {
                path: join(path, field.name),
                fault: Fault::Missing,
            });
        }
    }
}

fn plural(field: &Field, value: &Value, path: &str, problems: &mut Vec<Problem>) {
    match (field.plural, value) {
        (Plural::One, value) => one(&field.form, value, path, problems),
        (Plural::List, Value::Array(values)) => {
            for (index, value) in values.iter().enumerate() {
                one(&field.form, value, &format!("{path}[{index}]"), problems);
            }
        }
        (Plural::Map | Plural::PortMap, Value::Object(values)) => {
            for (key, value) in values {
                let path = join(path, key);
                if field.plural == Plural::PortMap && !is_port(key) {
                    let fault = Fault::Invalid("this must be a port number".to_owned());
                    told(Some(fault), &path, problems);
                }
                one(&field.form, value, &path, problems);
            }
        }
        (Plural::List, value) => wrong_type("a list", value, path, problems),
        (Plural::Map | Plural::PortMap, value) => wrong_type("a map", value, path, problems),
    }
}

fn one(form: &Form, value: &Value, path: &str, problems: &mut Vec<Problem>) {
    let expected = match (form, value) {
        (Form::Any, _) | (Form::Text, Value::String(_)) | (Form::Boolean, Value::Bool(_)) => return,
        (Form::Number, Value::Number(_)) => return,
        (Form::Integer, Value::Number(n)) if n.is_i64() || n.is_u64() => return,
        (Form::Object(described), value) => return object(described, value, path, problems),
        (Form::Named(name), value) => return object(shape(name), value, path, problems),
        (Form::Enum(words), Value::String(text)) => return word(words, text, path, problems),
        (Form::Duration | Form::Time, Value::String(text)) => {
            return told(duration(form, text), path, problems);
        }
        (Form::Port, Value::Number(n)) => return told(within(n, 1.0, 65535.0), path, problems),
        (Form::Percent, Value::Number(n)) => return told(within(n, 0.0, 100.0), path, problems),
        (Form::Unmodelled, _) => return told(Some(Fault::Unmodelled), path, problems),
        (Form::Text | Form::Enum(_) | Form::Duration | Form::Time, _) => "a text",
        (Form::Boolean, _) => "true or false",
        (Form::Number | Form::Percent, _) => "a number",
        (Form::Integer | Form::Port, _) => "a whole number",
    };
    wrong_type(expected, value, path, problems);
}

fn is_port(text: &str) -> bool {
    text.parse().is_ok_and(|port: u16| port > 0)
}

fn told(fault: Option<Fault>, path: &str, problems: &mut Vec<Problem>) {
    problems.extend(fault.map(|fault| Problem {
        path: path.to_owned(),
        fault,
    }));
}

fn duration(form: &Form, text: &str) -> Option<Fault> {
    match text.parse::<IstioDuration>() {
        Err(error) => Some(Fault::Invalid(error.to_string())),
        Ok(time) if *form == Form::Duration && time.get() < Duration::from_millis(1) => {
            Some(Fault::Invalid("this must be at least 1ms".to_owned()))
        }
        Ok(_) => None,
    }
}

fn within(number: &serde_json::Number, least: f64, most: f64) -> Option<Fault> {
    let fits = number.as_f64().is_some_and(|n| (least..=most).contains(&n));
    (!fits).then(|| Fault::Invalid(format!("this must be {least} to {most}, not {number}")))
}

fn word(words: &[Word], text: &str, path: &str, problems: &mut Vec<Problem>) {
    let fault = match words.iter().find(|word| word.text == text) {
        Some(word) if word.modelled => return,
        Some(word) => Fault::UnmodelledValue(word.text.to_owned()),
        None => Fault::Value {
            value: text.to_owned(),
            allowed: words
                .iter()
                .filter(|word| word.modelled)
                .map(|word| word.text)
                .collect(),
        },
    };
    problems.push(Problem {
        path: path.to_owned(),
        fault,
    });
}

fn wrong_type(expected: &'static str, value: &Value, path: &str, problems: &mut Vec<Problem>) {
    let found = match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    };
    problems.push(Problem {
        path: path.to_owned(),
        fault: Fault::Type { expected, found },
    });
}

fn unknown(described: &Shape, name: &str) -> Fault {
    let distance = |field: &&Field| edit_distance(&name.to_lowercase(), &field.name.to_lowercase());
    // A third of the letters may differ; more than that is another word, not a slip.
    let near = |field: &&Field| distance(field) <= name.chars().count().div_ceil(3);
    let nearest = described.fields.iter().filter(near).min_by_key(distance);
    Fault::Unknown {
        nearest: nearest.map(|field| field.name.to_owned()),
    }
}

/// How many letters must be changed, added or removed to make one word of the other.
fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let change = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

/// A field within another. Keys that are not plain words are put in brackets.
pub(super) fn join(path: &str, name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    match (path.is_empty(), !name.is_empty() && name.chars().all(plain)) {
        (true, true) => name.to_owned(),
        (false, true) => format!("{path}.{name}"),
        (_, false) => format!("{path}[{name:?}]"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn problems(value: &Value) -> Vec<String> {
        let found = check(shape("DestinationRule"), value, "spec");
        found.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_problem_is_told_at_once_with_its_path() {
        let rule = json!({
            "trafficpolicy": {},
            "trafficPolicy": {
                "loadBalancer": { "simple": "FASTEST" },
                "outlierDetection": { "interval": 5 },
                "tunnel": { "targetHost": "a" },
            },
            "subsets": [{ "name": "v1" }, { "labels": { "a.b/c": 1 } }],
        });
        assert_eq!(
            problems(&rule),
            [
                "spec.subsets[1].labels[\"a.b/c\"]: this must be a text, not a number",
                "spec.subsets[1].name: this field is required",
                "spec.trafficPolicy.loadBalancer.simple: FASTEST is none of UNSPECIFIED, RANDOM, \
                 PASSTHROUGH, ROUND_ROBIN, LEAST_REQUEST, LEAST_CONN",
                "spec.trafficPolicy.outlierDetection.interval: this must be a text, not a number",
                "spec.trafficPolicy.tunnel: Istio has this field; isthmus does not model it yet",
                "spec.trafficpolicy: Istio has no such field: did you mean trafficPolicy?",
                "spec.host: this field is required",
            ]
        );
    }

    #[test]
    fn a_word_that_is_not_near_is_not_suggested() {
        let found = problems(&json!({ "host": "a", "color": "red" }));
        assert_eq!(found, ["spec.color: Istio has no such field"]);
    }

    #[test]
    fn the_distance_of_words_counts_changes() {
        assert_eq!(edit_distance("host", "host"), 0);
        assert_eq!(edit_distance("hots", "host"), 2);
        assert_eq!(edit_distance("", "host"), 4);
        assert_eq!(edit_distance("subset", "subsets"), 1);
    }
}
