use crate::kit::{Fate, Files};

#[test]
fn every_trial_has_a_line_of_its_own() {
    let files = Files::new(&[("a/good", Fate::Passing), ("a/real", Fate::Elsewhere)]);
    let said = files.test(&[]);
    for line in [
        "pass          a/good [sim]",
        "pass          a/good+the selector has a typo [sim]",
        "skip          a/real [sim]  (the scenario is for kind only)",
    ] {
        let has = said.out.lines().any(|said| said.starts_with(line));
        assert!(has, "{line} is missing in\n{}", said.out);
    }
}

#[test]
fn progress_keeps_out_of_the_record() {
    let files = Files::new(&[("a/good", Fate::Passing)]);
    let said = files.test(&["--format", "json"]);
    assert!(said.out.starts_with('{'), "{}", said.out);
    assert!(said.err.contains("a/good [sim]"), "{}", said.err);
}
