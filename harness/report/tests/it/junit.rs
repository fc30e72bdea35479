use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};
use report::junit;

use crate::support::{every_kind_of_trial, run};

/// An element of JUnit's XML: its attributes (`!` before those that must be there) and children.
struct Element(
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
);

/// What we write of what readers of JUnit XML know: the elements and attributes of Jenkins'
/// junit-10.xsd.
const SCHEMA: &[Element] = &[
    Element(
        "testsuites",
        &["!name", "!tests", "!failures", "!errors", "time"],
        &["testsuite"],
    ),
    Element(
        "testsuite",
        &["!name", "!tests", "!failures", "!errors", "time", "skipped"],
        &["properties", "testcase"],
    ),
    Element("properties", &[], &["property"]),
    Element("property", &["!name", "!value"], &[]),
    Element(
        "testcase",
        &["!name", "!classname", "!time"],
        &["failure", "error", "skipped", "system-out"],
    ),
    Element("failure", &["!message", "type"], &[]),
    Element("error", &["!message", "type"], &[]),
    Element("skipped", &["!message"], &[]),
    Element("system-out", &[], &[]),
];

/// Everything in `xml` that the schema does not allow.
fn wrong(xml: &str) -> Vec<String> {
    let mut reader = Reader::from_str(xml);
    let mut open: Vec<&Element> = Vec::new();
    let mut wrong = Vec::new();
    loop {
        match reader.read_event().expect("well-formed XML") {
            Event::Start(tag) => open.extend(checked(&tag, open.last(), &mut wrong)),
            Event::Empty(tag) => drop(checked(&tag, open.last(), &mut wrong)),
            Event::End(_) => drop(open.pop()),
            Event::Eof => return wrong,
            _ => {}
        }
    }
}

fn checked(
    tag: &BytesStart<'_>,
    parent: Option<&&Element>,
    wrong: &mut Vec<String>,
) -> Option<&'static Element> {
    let name = String::from_utf8_lossy(tag.name().as_ref()).into_owned();
    if parent.is_some_and(|Element(_, _, children)| !children.contains(&name.as_str())) {
        wrong.push(format!("<{name}> stands where it must not"));
    }
    let Some(element) = SCHEMA.iter().find(|Element(known, ..)| *known == name) else {
        wrong.push(format!("<{name}> is no element"));
        return None;
    };
    let written: Vec<String> = tag
        .attributes()
        .map(|a| String::from_utf8_lossy(a.expect("an attribute").key.as_ref()).into_owned())
        .collect();
    let Element(_, attributes, _) = element;
    let known = |name: &String| attributes.iter().any(|a| a.trim_start_matches('!') == name);
    wrong.extend(
        written
            .iter()
            .filter(|name| !known(name))
            .map(|a| format!("{name}@{a}")),
    );
    let required = attributes.iter().filter_map(|a| a.strip_prefix('!'));
    let missing = required.filter(|a| !written.iter().any(|written| written == a));
    wrong.extend(missing.map(|a| format!("{name} has no {a}")));
    Some(element)
}

#[test]
fn what_ci_systems_read_fits_their_schema() {
    let xml = junit::render(&run(every_kind_of_trial())).unwrap();
    assert_eq!(wrong(&xml), [""; 0], "{xml}");
}

#[test]
fn a_run_without_trials_is_still_a_report() {
    assert_eq!(wrong(&junit::render(&run(Vec::new())).unwrap()), [""; 0]);
}

#[test]
fn the_schema_of_this_test_refuses_other_elements_and_attributes() {
    let odd =
        "<testsuites name='' tests='' failures='' errors='' color=''><testcase/></testsuites>";
    let wrong = wrong(odd);
    assert!(wrong.len() >= 5, "{wrong:?}");
}

#[test]
fn an_inconclusive_trial_is_an_error_and_a_broken_promise_a_failure() {
    let xml = junit::render(&run(every_kind_of_trial())).unwrap();
    assert!(xml.contains("tests=\"6\""), "{xml}");
    assert!(
        xml.contains("failures=\"2\"") && xml.contains("errors=\"1\""),
        "{xml}"
    );
    assert!(xml.contains("sim has no &lt;weather&gt;"), "{xml}");
}
