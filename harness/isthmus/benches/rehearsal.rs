//! How long trials take: the whole of one, from bring-up to tear-down, on the simulator.

use criterion::{Criterion, criterion_group, criterion_main};
use isthmus::{
    engines::{EngineName, Setup},
    rehearsal::{Rehearsal, Settings, Stop},
    trials::{Case, Source},
};
use judge::Outcome;

#[global_allocator]
static ALLOCATOR: isthmus::Allocator = isthmus::Allocator;

/// Rows of the catalogue: one cluster; two on two networks; a remote cluster.
const ROWS: [&str; 3] = ["T1", "T4", "T5"];

fn trials(criterion: &mut Criterion) {
    let engine = EngineName::Sim
        .open(&Setup::default())
        .expect("the simulator is always there");
    let settings = Settings::on(&engine);
    let rehearsal = Rehearsal {
        engine: &engine,
        settings: &settings,
        stop: &Stop::new(),
    };
    let mut group = criterion.benchmark_group("scenario");
    group.sample_size(10);
    for row in ROWS {
        let case = case(row);
        let first = rehearsal.run_one(&case);
        assert_eq!(first.outcome, Outcome::Pass, "{:?}", first.reason);
        group.bench_function(row, |bencher| bencher.iter(|| rehearsal.run_one(&case)));
    }
    group.finish();
}

/// The row itself, without a canary.
fn case(row: &str) -> Case {
    let cases = Source::paths([row])
        .cases()
        .expect("the catalogue is valid");
    cases.into_iter().next().expect("a row has a scenario")
}

fn files(criterion: &mut Criterion) {
    let read = || Source::catalogue().cases().expect("the catalogue is valid");
    criterion.bench_function("read the catalogue", |bencher| bencher.iter(read));
}

criterion_group!(benches, trials, files);
criterion_main!(benches);
