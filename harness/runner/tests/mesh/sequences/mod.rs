//! Random sequences of deploying, scaling, breaking, healing and rotating, on random topologies:
//! after everything is healed and some quiet, checks come out as on a mesh that was installed like
//! that. A sequence that does not is shrunk, and told as a scenario file that shows it.
//!
//! Reading order: `plan` (what may happen when), `file` (a plan as a scenario), this file.

mod file;
mod plan;

use std::env;

use judge::Outcome;
use proptest::test_runner::Config;
use proptest_state_machine::{StateMachineTest, prop_state_machine};
use runner::trials;

use crate::kit::{inline, run};
use plan::{Plan, Step};

/// How many sequences are tried; `ISTHMUS_SEQUENCES` asks for more than every run of the tests has
/// time for.
fn cases() -> u32 {
    let asked = env::var("ISTHMUS_SEQUENCES").ok();
    asked.and_then(|asked| asked.parse().ok()).unwrap_or(4)
}

/// The names and outcomes of the checks at the end of a scenario.
fn outcomes(spec: &str) -> Vec<(String, Outcome)> {
    let scenarios = inline(spec);
    let trial = run(trials(&scenarios)[0], 1);
    let all = trial.steps.into_iter();
    let of_the_end =
        all.filter(|step| step.name.starts_with(file::END) || step.verdict.outcome > Outcome::Skip);
    of_the_end
        .map(|step| (step.name, step.verdict.outcome))
        .collect()
}

/// A sequence as it grows; it is run once it is whole.
struct Sequence(Vec<Step>);

impl StateMachineTest for Sequence {
    type SystemUnderTest = Self;
    type Reference = Plan;

    fn init_test(_: &Plan) -> Self {
        Self(Vec::new())
    }

    fn apply(mut sequence: Self, _: &Plan, step: Step) -> Self {
        sequence.0.push(step);
        sequence
    }

    fn teardown(sequence: Self, plan: Plan) {
        let changed = file::changed(&plan, &sequence.0);
        let fresh = outcomes(&file::fresh(&plan));
        assert!(
            !fresh.is_empty() && fresh.iter().all(|(_, outcome)| *outcome == Outcome::Pass),
            "a fresh mesh does not stand: {fresh:?}\n{}",
            file::document(&file::fresh(&plan))
        );
        assert_eq!(
            outcomes(&changed),
            fresh,
            "this scenario ends otherwise than a fresh mesh:\n{}",
            file::document(&changed)
        );
    }
}

prop_state_machine! {
    #![proptest_config(Config { cases: cases(), failure_persistence: None, max_shrink_iters: 64, ..Config::default() })]

    #[test]
    fn after_healing_and_quiet_a_mesh_is_as_a_fresh_one(sequential 1..7 => Sequence);
}

#[test]
fn a_sequence_that_is_not_healed_is_told_apart_from_a_fresh_mesh() {
    let plan = Plan::of(&[1, 2], &[1, 1]);
    let gone = file::END.to_owned() + " servers";
    let broken = file::fresh(&plan).replace(
        "  steps:\n",
        "  steps:\n    - scale: {workload: helloworld@cluster1, replicas: 0}\n",
    );
    let outcomes = outcomes(&broken);
    assert!(
        outcomes
            .iter()
            .any(|(name, outcome)| name.starts_with(&gone) && *outcome == Outcome::Fail),
        "{outcomes:?}"
    );
}
