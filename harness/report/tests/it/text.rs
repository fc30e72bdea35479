use std::time::Duration;

use judge::Outcome;
use report::text;

use crate::support::{run, trial};

#[test]
fn a_failure_names_everything_that_is_needed_to_act_on_it() {
    let text = text::trial(&trial(Outcome::Fail), 42);
    for (part, what) in [
        ("topology/t4{istio=1.30.3} [sim]", "the trial"),
        ("step 2, check both clusters answer", "the step"),
        ("15 s after the start, for 60.25 s", "since when"),
        ("cluster1 and cluster2 answer", "the expectation"),
        ("only cluster1 answered", "the observation"),
        (
            "cluster1 × 19, timeout × 1 (20 calls, 19 independent)",
            "the numbers",
        ),
        (
            "refused: timeout after 5 s, 70 s after the start",
            "the nearest call",
        ),
        ("1. no connection to the gateway (in vain)", "a try in vain"),
        ("2. no endpoint of cluster2", "its stations"),
        ("[remote/secret]", "the rule"),
        ("isthmus why --from sleep@cluster1", "what to ask next"),
        ("seed      42", "the seed"),
    ] {
        assert!(text.contains(part), "{what} is missing in\n{text}");
    }
}

#[test]
fn a_step_that_held_is_not_among_the_bad_ones() {
    let mut failed = trial(Outcome::Fail);
    failed.steps.insert(0, trial(Outcome::Pass).steps.remove(0));
    let text = text::trial(&failed, 1);
    assert_eq!(text.matches("step 2").count(), 2, "{text}");
}

#[test]
fn a_reason_that_a_step_says_in_full_is_not_said_twice() {
    let mut failed = trial(Outcome::Fail);
    failed.reason = Some("check both clusters answer: only cluster1 answered".to_owned());
    let said = text::trial(&failed, 1);
    assert_eq!(said.matches("only cluster1 answered").count(), 1, "{said}");
    failed.reason = Some("the scenario is unproven".to_owned());
    assert!(text::trial(&failed, 1).contains("the scenario is unproven"));
}

#[test]
fn the_summary_counts_every_outcome() {
    let all = [
        Outcome::Pass,
        Outcome::Skip,
        Outcome::Inconclusive,
        Outcome::Fail,
    ];
    let summary = text::summary(&run(all.map(trial).to_vec()));
    assert_eq!(
        summary,
        "1 passed, 1 failed, 1 inconclusive, 1 skipped; seed 42"
    );
}

#[test]
fn times_are_as_short_as_they_can_be_exact() {
    let said = [0, 5, 1500, 75_000].map(|ms| text::seconds(Duration::from_millis(ms)));
    assert_eq!(said, ["0 s", "0.005 s", "1.5 s", "75 s"]);
}
