//! Every rule has a page, every page a rule, and the index lists them all.

use std::{collections::BTreeSet, fs, path::Path};

use istio::rule;

const PAGES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/rules");

fn page(name: &str) -> String {
    let path = Path::new(PAGES).join(name);
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The names of the pages as rules have them: `area/rule`.
fn pages() -> BTreeSet<String> {
    let entries = |path: &Path| {
        let entries = fs::read_dir(path).expect("the pages can be listed");
        entries
            .map(|entry| entry.expect("a page can be found").path())
            .collect::<Vec<_>>()
    };
    let areas = entries(Path::new(PAGES))
        .into_iter()
        .filter(|path| path.is_dir());
    let files = areas.flat_map(|area| entries(&area));
    files.map(|file| name(&file)).collect()
}

fn name(file: &Path) -> String {
    let within = file.strip_prefix(PAGES).expect("a page is below the pages");
    let text = within.to_str().expect("names of pages are plain");
    text.strip_suffix(".md")
        .unwrap_or_else(|| panic!("{text} is not a page"))
        .to_owned()
}

#[test]
fn every_rule_has_a_page_and_every_page_a_rule() {
    let rules: BTreeSet<String> = rule::all().map(|rule| rule.id.to_owned()).collect();
    let pages = pages();
    let without_page: Vec<_> = rules.difference(&pages).collect();
    let without_rule: Vec<_> = pages.difference(&rules).collect();
    assert!(
        without_page.is_empty(),
        "rules without a page: {without_page:?}"
    );
    assert!(
        without_rule.is_empty(),
        "pages without a rule: {without_rule:?}"
    );
}

#[test]
fn a_page_says_what_the_rule_decides_from_what_and_where_that_is_written() {
    for rule in rule::all() {
        let page = page(&format!("{}.md", rule.id));
        for part in [
            format!("# `{}`\n", rule.id),
            format!("\n{}\n", rule.summary),
            format!("- **Source:** {}\n", rule.source),
        ] {
            assert!(page.contains(&part), "{} does not say: {part}", rule.id);
        }
        for part in ["- **From:** ", "- **In practice:** "] {
            let said = page.lines().find_map(|line| line.strip_prefix(part));
            assert!(
                said.is_some_and(|said| said.len() > 10),
                "{} lacks {part}",
                rule.id
            );
        }
    }
}

#[test]
fn the_index_lists_every_rule_with_its_summary() {
    let index = page("README.md");
    for rule in rule::all() {
        let line = format!("- [`{0}`]({0}.md): {1}\n", rule.id, rule.summary);
        assert!(index.contains(&line), "{}", rule.id);
    }
    let listed = index
        .lines()
        .filter(|line| line.starts_with("- [`"))
        .count();
    assert_eq!(
        listed,
        rule::all().count(),
        "the index lists rules that are not there"
    );
}
