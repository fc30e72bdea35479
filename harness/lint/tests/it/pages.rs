//! Every rule has a page that says why and what to do, every page a rule, and every rule a test.

use std::{collections::BTreeSet, fs, path::Path};

use lint::RULES;

const PAGES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/lint");

fn page(name: &str) -> String {
    let path = Path::new(PAGES).join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn every_rule_has_a_page_and_every_page_a_rule() {
    let files = fs::read_dir(PAGES).expect("the pages can be listed");
    let names = files.map(|file| {
        file.expect("a page")
            .file_name()
            .into_string()
            .expect("plain")
    });
    let pages: BTreeSet<String> = names.filter(|name| name != "README.md").collect();
    let rules: BTreeSet<String> = RULES.iter().map(|rule| format!("{}.md", rule.id)).collect();
    assert_eq!(pages, rules);
}

#[test]
fn a_page_says_what_happens_why_and_what_to_do() {
    for rule in RULES {
        let page = page(&format!("{}.md", rule.id));
        for part in [
            format!("# `{}`\n", rule.id),
            format!("\n{} *{}.*\n", rule.summary, rule.severity),
            "\n- **Looks at:** ".to_owned(),
            "\n- **Why:** ".to_owned(),
            "\n- **Do:** ".to_owned(),
            "\n- **Source:** ".to_owned(),
        ] {
            assert!(page.contains(&part), "{} does not say: {part}", rule.id);
        }
    }
}

#[test]
fn the_index_lists_every_rule() {
    let index = page("README.md");
    for rule in RULES {
        let line = format!(
            "| [`{0}`]({0}.md) | {1} | {2} |\n",
            rule.id, rule.severity, rule.summary
        );
        assert!(
            index.contains(&line),
            "{} is not in the index: {line}",
            rule.id
        );
    }
}

#[test]
fn every_rule_is_seen_to_trip() {
    let tests = [include_str!("own.rs"), include_str!("manifests.rs")].concat();
    for rule in RULES {
        assert!(
            tests.contains(&format!("\"{}\"", rule.id)),
            "no test breaks {}",
            rule.id
        );
    }
}
