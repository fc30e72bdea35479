use std::time::Duration;

use judge::Outcome;
use report::{Trial, json, record::Report};
use serde_json::Value;

use crate::support::{every_kind_of_trial, run, trial};

#[test]
fn the_record_does_not_depend_on_how_long_the_wall_clock_ran() {
    let record = |seconds| {
        let wall = Duration::from_secs(seconds);
        let trial = Trial {
            wall,
            ..trial(Outcome::Fail)
        };
        json::render(&run(vec![trial])).unwrap()
    };
    assert_eq!(record(1), record(9));
}

#[test]
fn timings_are_there_only_where_they_were_asked_for() {
    let run = run(vec![trial(Outcome::Pass)]);
    assert!(!json::render(&run).unwrap().contains("wallSeconds"));
    assert!(
        json::render_with_timings(&run)
            .unwrap()
            .contains("wallSeconds")
    );
}

#[test]
fn a_record_of_every_outcome_fits_the_schema() {
    let schema = jsonschema::validator_for(Report::schema().as_value()).unwrap();
    let record: Value =
        serde_json::from_str(&json::render(&run(every_kind_of_trial())).unwrap()).unwrap();
    let wrong: Vec<String> = schema.iter_errors(&record).map(|e| e.to_string()).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_schema_refuses_what_it_does_not_name() {
    let schema = jsonschema::validator_for(Report::schema().as_value()).unwrap();
    let text = json::render(&run(every_kind_of_trial())).unwrap();
    for (from, to) in [
        ("\"seed\"", "\"sead\""),
        ("\"pass\"", "\"fine\""),
        ("isthmus/v1alpha1", "isthmus/v0"),
        ("\"independent\": 19", "\"independent\": \"19\""),
    ] {
        let wrong: Value = serde_json::from_str(&text.replace(from, to)).unwrap();
        assert!(!schema.is_valid(&wrong), "{to} is accepted");
    }
}

#[test]
fn the_published_schema_is_this_one() {
    let published: Value =
        serde_json::from_str(include_str!("../../../../docs/report.schema.json")).unwrap();
    assert_eq!(
        &published,
        Report::schema().as_value(),
        "write it anew: cargo run -- schema report > docs/report.schema.json"
    );
}
