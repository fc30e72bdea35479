use isthmus::Exit;

use crate::kit::{Fate, Files, isthmus};

#[track_caller]
fn ends(files: &[(&str, Fate)], words: &[&str], exit: Exit) -> String {
    let said = Files::new(files).test(words);
    assert_eq!(said.exit, exit, "{}\n{}", said.out, said.err);
    said.out + &said.err
}

#[test]
fn what_holds_ends_with_0() {
    let said = ends(&[("a/good", Fate::Passing)], &[], Exit::Done);
    assert!(said.contains("2 passed, 0 failed; seed 1"), "{said}");
}

#[test]
fn a_broken_promise_ends_with_1_and_says_what_to_ask() {
    let files = Files::new(&[("a/bad", Fate::Failing)]);
    let said = files.test(&["--canaries", "no"]);
    assert_eq!(said.exit, Exit::Failed);
    for part in [
        "fail  a/bad [sim]",
        "step 1, check both versions answer",
        "expected",
        "observed",
        "isthmus why --from sleep@cluster1 --to helloworld.sample:5000 --after 1",
        "bad.yaml",
        "seed      1",
    ] {
        assert!(
            said.out.contains(part),
            "{part} is missing in\n{}",
            said.out
        );
    }
}

#[test]
fn a_canary_that_nobody_catches_ends_with_1() {
    let said = ends(&[("a/vain", Fate::Unproven)], &[], Exit::Failed);
    assert!(said.contains("the scenario is unproven"), "{said}");
}

#[test]
fn a_wrong_file_ends_with_2_and_nothing_is_run() {
    let files = Files::new(&[("a/good", Fate::Passing)]);
    std::fs::write(
        files.join("wrong.yaml"),
        "apiVersion: isthmus/v1alpha1\nkind: Scenery\n",
    )
    .unwrap();
    let said = files.test(&[]);
    assert_eq!(said.exit, Exit::Usage);
    assert!(said.err.contains("wrong.yaml:2"), "{}", said.err);
    assert_eq!(said.out, "");
}

#[test]
fn a_report_that_cannot_be_written_ends_with_2_before_anything_runs() {
    let files = Files::new(&[("a/good", Fate::Passing)]);
    let said = files.test(&["--json", &files.path()]);
    assert_eq!(said.exit, Exit::Usage);
    assert!(said.err.contains("cannot be written"), "{}", said.err);
    assert_eq!(said.out, "");
}

#[test]
fn keeping_clusters_that_end_with_the_process_ends_with_2() {
    let said = ends(&[("a/good", Fate::Passing)], &["--keep"], Exit::Usage);
    assert!(said.contains("--keep"), "{said}");
}

#[test]
fn an_engine_that_is_not_there_ends_with_3() {
    let said = ends(
        &[("a/good", Fate::Passing)],
        &["--engine", "existing"],
        Exit::Environment,
    );
    assert!(said.contains("existing"), "{said}");
}

#[test]
fn filters_that_match_nothing_end_with_4() {
    ends(
        &[("a/good", Fate::Passing)],
        &["--filter", "weather"],
        Exit::NothingSelected,
    );
}

#[test]
fn nothing_but_skips_ends_with_4_and_says_why() {
    let said = ends(&[("a/real", Fate::Elsewhere)], &[], Exit::NothingSelected);
    assert!(said.contains("the scenario is for kind only"), "{said}");
}

#[test]
fn clusters_that_do_not_come_up_end_with_6() {
    let said = ends(
        &[("a/good", Fate::Passing), ("a/down", Fate::NotUp)],
        &[],
        Exit::BringUp,
    );
    assert!(said.contains("bandwidth"), "{said}");
}

#[test]
fn what_cannot_be_said_ends_with_8() {
    let words = ["--timeout", "1ms"];
    let said = ends(&[("a/good", Fate::Passing)], &words, Exit::Inconclusive);
    assert!(said.contains("--timeout"), "{said}");
}

#[test]
fn a_broken_promise_goes_before_everything_else() {
    let files = [
        ("a/good", Fate::Passing),
        ("a/down", Fate::NotUp),
        ("a/bad", Fate::Failing),
        ("a/real", Fate::Elsewhere),
    ];
    ends(&files, &[], Exit::Failed);
}

#[test]
fn a_path_that_is_not_there_ends_with_2() {
    let said = isthmus(&["test", "no/such/file.yaml"]);
    assert_eq!(said.exit, Exit::Usage);
    assert!(said.err.contains("no/such/file.yaml"), "{}", said.err);
}
