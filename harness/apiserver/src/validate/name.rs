//! Names, labels and values: the grammars of RFC 1123, RFC 1035 and qualified names.
//!
//! Each function returns what is wrong in Kubernetes' words, or `None`.

const LABEL_FORM: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const SUBDOMAIN_FORM: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL_1035_FORM: &str = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const QUALIFIED_FORM: &str = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const VALUE_FORM: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

fn lower(b: u8) -> bool {
    b.is_ascii_lowercase() || b.is_ascii_digit()
}

fn framed(text: &str, edge: fn(u8) -> bool, inner: fn(u8) -> bool) -> bool {
    let bytes = text.as_bytes();
    bytes.first().is_some_and(|&b| edge(b))
        && bytes.last().is_some_and(|&b| edge(b))
        && bytes.iter().all(|&b| edge(b) || inner(b))
}

fn longer_than(limit: usize) -> String {
    format!("must be no more than {limit} characters")
}

/// A DNS label, as namespaces and container names are.
pub(crate) fn label_problem(text: &str) -> Option<String> {
    if text.len() > 63 {
        return Some(longer_than(63));
    }
    (!framed(text, lower, |b| b == b'-')).then(|| LABEL_FORM.to_owned())
}

/// A DNS subdomain, as most objects' names are.
pub(crate) fn subdomain_problem(text: &str) -> Option<String> {
    if text.len() > 253 {
        return Some(longer_than(253));
    }
    let good = text
        .split('.')
        .all(|part| framed(part, lower, |b| b == b'-'));
    (!good).then(|| SUBDOMAIN_FORM.to_owned())
}

/// A DNS label that starts with a letter, as Services' names are.
pub(crate) fn label_1035_problem(text: &str) -> Option<String> {
    if text.len() > 63 {
        return Some(longer_than(63));
    }
    let letter = text.as_bytes().first().is_some_and(u8::is_ascii_lowercase);
    (!letter || !framed(text, lower, |b| b == b'-')).then(|| LABEL_1035_FORM.to_owned())
}

/// A path segment, as names of roles are.
pub(crate) fn path_segment_problem(text: &str) -> Option<String> {
    match text {
        "." | ".." => Some(format!("may not be '{text}'")),
        _ => ['/', '%']
            .into_iter()
            .find(|c| text.contains(*c))
            .map(|c| format!("may not contain '{c}'")),
    }
}

/// `[prefix/]name`, as label and annotation keys are.
pub(crate) fn qualified_name_problem(text: &str) -> Option<String> {
    let (prefix, name) = match text.split_once('/') {
        Some((prefix, name)) if !name.contains('/') => (Some(prefix), name),
        Some(_) => {
            return Some("a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')".to_owned());
        }
        None => (None, text),
    };
    match prefix {
        Some("") => return Some("prefix part must be non-empty".to_owned()),
        Some(prefix) => {
            if let Some(why) = subdomain_problem(prefix) {
                return Some(format!("prefix part {why}"));
            }
        }
        None => {}
    }
    if name.is_empty() {
        return Some("name part must be non-empty".to_owned());
    }
    if name.len() > 63 {
        return Some(format!("name part {}", longer_than(63)));
    }
    (!framed(name, |b| b.is_ascii_alphanumeric(), |b| b"-_.".contains(&b)))
        .then(|| QUALIFIED_FORM.to_owned())
}

/// A label's value.
pub(crate) fn label_value_problem(text: &str) -> Option<String> {
    if text.len() > 63 {
        return Some(longer_than(63));
    }
    let good =
        text.is_empty() || framed(text, |b| b.is_ascii_alphanumeric(), |b| b"-_.".contains(&b));
    (!good).then(|| VALUE_FORM.to_owned())
}

/// An IANA service name, as named ports are.
pub(crate) fn port_name_problem(text: &str) -> Option<String> {
    if text.len() > 15 {
        return Some("must be no more than 15 characters".to_owned());
    }
    if !framed(text, lower, |b| b == b'-') {
        return Some(
            "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)".to_owned(),
        );
    }
    if !text.bytes().any(|b| b.is_ascii_lowercase()) {
        return Some("must contain at least one letter (a-z)".to_owned());
    }
    text.contains("--")
        .then(|| "must not contain consecutive hyphens".to_owned())
}
