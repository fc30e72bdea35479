//! What a plain scalar is: a number, a boolean, nothing or text.
//!
//! Our own words follow the core schema of YAML 1.2 ([`core`]). What belongs to Kubernetes, Istio
//! or Helm follows what `kubectl` and Helm do (sigs.k8s.io/yaml over go-yaml 2): `yes` is true,
//! `0644` is octal, `1_000` is a number ([`kubectl`]).

use serde_json::{Map, Number, Value as Json};

use super::tree::{Entry, Node, Scalar, Style, Value};

/// Reads a scalar by the core schema of YAML 1.2.
pub fn core(scalar: &Scalar) -> Json {
    if scalar.style == Style::Text {
        return text(scalar);
    }
    match scalar.text.as_str() {
        "" | "~" | "null" | "Null" | "NULL" => Json::Null,
        "true" | "True" | "TRUE" => Json::Bool(true),
        "false" | "False" | "FALSE" => Json::Bool(false),
        plain => integer(plain, 10)
            .or_else(|| radix(plain, "0x", 16))
            .or_else(|| radix(plain, "0o", 8))
            .or_else(|| float(plain))
            .unwrap_or_else(|| text(scalar)),
    }
}

/// Reads a scalar as `kubectl` does.
pub fn kubectl(scalar: &Scalar) -> Json {
    if scalar.style == Style::Text {
        return text(scalar);
    }
    match scalar.text.as_str() {
        "" | "~" | "null" | "Null" | "NULL" => Json::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "true" | "True" | "TRUE" => {
            Json::Bool(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" | "false" | "False" | "FALSE" => {
            Json::Bool(false)
        }
        plain => go_number(plain).unwrap_or_else(|| text(scalar)),
    }
}

/// Reads a whole node as `kubectl` does; of a key written twice the last one counts, and `<<`
/// merges a mapping or a list of them.
pub fn kubectl_json(node: &Node) -> Json {
    match &node.value {
        Value::Scalar(scalar) => kubectl(scalar),
        Value::List(items) => items.iter().map(kubectl_json).collect(),
        Value::Map(entries) => Json::Object(kubectl_map(entries)),
    }
}

fn kubectl_map(entries: &[Entry]) -> Map<String, Json> {
    let is_merge = |entry: &&Entry| entry.key.style == Style::Plain && entry.key.text == "<<";
    let mut map = Map::new();
    for entry in entries.iter().filter(is_merge) {
        merge_under(&mut map, kubectl_json(&entry.value));
    }
    for entry in entries.iter().filter(|entry| !is_merge(entry)) {
        map.insert(key(&entry.key), kubectl_json(&entry.value));
    }
    map
}

/// A plain key that is a boolean or a number becomes its text, as in Go's JSON.
fn key(scalar: &Scalar) -> String {
    match kubectl(scalar) {
        Json::Bool(value) => value.to_string(),
        Json::Number(value) => value.to_string(),
        _ => scalar.text.clone(),
    }
}

/// Of several merged mappings the first one that has a key counts.
fn merge_under(map: &mut Map<String, Json>, merged: Json) {
    match merged {
        Json::Object(merged) => {
            for (key, value) in merged {
                map.entry(key).or_insert(value);
            }
        }
        Json::Array(items) => items.into_iter().for_each(|item| merge_under(map, item)),
        _ => {}
    }
}

fn text(scalar: &Scalar) -> Json {
    Json::String(scalar.text.clone())
}

fn integer(digits: &str, radix: u32) -> Option<Json> {
    let unsigned = digits.strip_prefix(['-', '+']).unwrap_or(digits);
    if unsigned.is_empty() || !unsigned.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    let signed = i64::from_str_radix(digits, radix).ok().map(Json::from);
    signed.or_else(|| u64::from_str_radix(digits, radix).ok().map(Json::from))
}

fn radix(text: &str, prefix: &str, radix: u32) -> Option<Json> {
    integer(text.strip_prefix(prefix)?, radix)
}

/// A decimal fraction, with digits at least on one side of its point; no infinities.
fn float(text: &str) -> Option<Json> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let begins = unsigned.strip_prefix('.').unwrap_or(unsigned);
    let plain = unsigned
        .bytes()
        .all(|b| b.is_ascii_digit() || b".eE+-".contains(&b));
    if !plain || !begins.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let number: f64 = text.parse().ok()?;
    Number::from_f64(number).map(Json::Number)
}

/// A number as Go's `ParseInt` with base 0 and then go-yaml's float pattern see it.
fn go_number(text: &str) -> Option<Json> {
    let digits = text.replace('_', "");
    let (sign, unsigned) = match digits.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", digits.strip_prefix('+').unwrap_or(&digits)),
    };
    let based = |prefix: &str, radix| {
        let rest = unsigned
            .strip_prefix(prefix)
            .filter(|rest| !rest.is_empty())?;
        integer(&format!("{sign}{rest}"), radix)
    };
    let decimal =
        || integer(&format!("{sign}{unsigned}"), 10).filter(|_| !leads_with_zero(unsigned));
    based("0x", 16)
        .or_else(|| based("0b", 2))
        .or_else(|| based("0o", 8))
        .or_else(|| leads_with_zero(unsigned).then(|| based("0", 8)).flatten())
        .or_else(decimal)
        .or_else(|| float(&digits).map(whole))
}

fn leads_with_zero(digits: &str) -> bool {
    digits.len() > 1 && digits.starts_with('0')
}

/// Go writes a float without a fraction as an integer into JSON.
fn whole(number: Json) -> Json {
    match number.as_f64() {
        Some(float) if float.fract() == 0.0 && float.abs() < 1e15 => Json::from(float as i64),
        _ => number,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn plain(text: &str) -> Scalar {
        Scalar {
            text: text.to_owned(),
            style: Style::Plain,
        }
    }

    #[test]
    fn kubernetes_content_is_read_as_kubectl_reads_it() {
        let cases = [
            ("yes", json!(true)),
            ("no", json!(false)),
            ("on", json!(true)),
            ("y", json!(true)),
            ("n", json!(false)),
            ("NO", json!(false)),
            ("0644", json!(420)),
            ("0o644", json!(420)),
            ("-0644", json!(-420)),
            ("1_000", json!(1000)),
            ("080", json!(80)),
            ("1e3", json!(1000)),
            ("0x1F", json!(31)),
            ("1.5", json!(1.5)),
            ("12:30", json!("12:30")),
            ("1.30.3", json!("1.30.3")),
            ("2026-11-21", json!("2026-11-21")),
            (
                "18446744073709551615",
                json!(18_446_744_073_709_551_615_u64),
            ),
            ("~", json!(null)),
            ("e5", json!("e5")),
            ("-", json!("-")),
        ];
        for (text, value) in cases {
            assert_eq!(kubectl(&plain(text)), value, "{text}");
        }
    }

    #[test]
    fn our_own_words_follow_yaml_1_2() {
        let cases = [
            ("yes", json!("yes")),
            ("true", json!(true)),
            ("0644", json!(644)),
            ("0o644", json!(420)),
            ("1_000", json!("1_000")),
            ("5", json!(5)),
            ("-5", json!(-5)),
            ("0.5", json!(0.5)),
            (".inf", json!(".inf")),
            ("", json!(null)),
        ];
        for (text, value) in cases {
            assert_eq!(core(&plain(text)), value, "{text}");
        }
    }

    #[test]
    fn merge_keys_fill_what_is_not_written() {
        let text = "base: &base {a: 1, b: 2}\nthis: {<<: *base, b: 3}\n";
        let json = kubectl_json(&crate::yaml::parse(text).unwrap()[0]);
        assert_eq!(json["this"], json!({"a": 1, "b": 3}));
    }
}
