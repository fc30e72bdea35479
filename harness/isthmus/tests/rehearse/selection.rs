use isthmus::Exit;

use crate::kit::{Fate, Files, isthmus};

const CANARY: &str = "+the selector has a typo [sim]";

fn files() -> Files {
    Files::new(&[
        ("fault/gateway", Fate::Passing),
        ("fault/secret", Fate::Passing),
        ("traffic/shares", Fate::Passing),
    ])
}

#[track_caller]
fn selects(words: &[&str], names: &[&str]) {
    let said = files().test(&[&["--list"], words].concat());
    let names: String = names.iter().map(|name| format!("{name}\n")).collect();
    assert_eq!(said.out, names, "{}", said.err);
}

#[test]
fn a_filter_is_a_part_of_a_name() {
    let canary = format!("fault/secret{CANARY}");
    selects(&["--filter", "secret"], &["fault/secret [sim]", &canary]);
}

#[test]
fn filters_add_up_and_skips_take_away() {
    let words = ["-f", "gateway", "-f", "shares", "--skip", "typo"];
    selects(&words, &["fault/gateway [sim]", "traffic/shares [sim]"]);
}

#[test]
fn an_exact_filter_is_a_whole_name() {
    let words = ["--exact", "--filter", "fault/secret [sim]"];
    selects(&words, &["fault/secret [sim]"]);
    let said = files().test(&["--list", "--exact", "--filter", "fault/secret"]);
    assert_eq!(said.exit, Exit::NothingSelected);
}

#[test]
fn an_area_is_taken_whole() {
    let canary = format!("traffic/shares{CANARY}");
    selects(&["--area", "traffic"], &["traffic/shares [sim]", &canary]);
}

#[test]
fn canaries_are_left_out_or_alone() {
    let plain = [
        "fault/gateway [sim]",
        "fault/secret [sim]",
        "traffic/shares [sim]",
    ];
    selects(&["--canaries", "no"], &plain);
    let only =
        ["fault/gateway", "fault/secret", "traffic/shares"].map(|name| format!("{name}{CANARY}"));
    selects(
        &["--canaries", "only"],
        &only.each_ref().map(String::as_str),
    );
}

#[test]
fn a_row_of_the_catalogue_is_named_by_its_number() {
    let said = isthmus(&["test", "T4", "--list", "--canaries", "no"]);
    assert_eq!(said.out, "topology/multi-network-multi-primary [sim]\n");
}

#[test]
fn the_catalogue_has_a_trial_for_every_row_and_for_every_canary() {
    let said = isthmus(&["test", "--catalogue", "--list"]);
    for row in scenario::catalogue::ROWS {
        let name = format!("{}/{}", row.area, row.scenario);
        let own = |line: &&str| line.starts_with(&name);
        assert!(said.out.lines().any(|line| own(&line)), "{name} is missing");
        for canary in row.canaries {
            let canary = format!("+{canary} [sim]");
            let has = said
                .out
                .lines()
                .filter(own)
                .any(|line| line.ends_with(&canary));
            assert!(has, "{name}{canary} is missing");
        }
    }
}

#[test]
fn after_a_failure_nothing_further_is_started_where_that_is_asked() {
    let files = Files::new(&[("a/a-bad", Fate::Failing), ("a/b-good", Fate::Passing)]);
    let said = files.test(&["--fail-fast", "--jobs", "1"]);
    assert_eq!(said.exit, Exit::Failed);
    assert!(said.out.contains("1 failed, 3 skipped"), "{}", said.out);
}
