//! A large repository is validated while somebody waits. This is a program of its own, so that no
//! other test takes its time.

use std::{fs, time::Duration};

use scenario::{Set, catalogue};

use catalogue::SCENARIOS;

const FILES: usize = 1_000;
const LIMIT: Duration = Duration::from_secs(2);

#[test]
fn a_thousand_scenarios_are_validated_in_two_seconds() {
    let directory = tempfile::tempdir().unwrap();
    for i in 0..FILES {
        let (_, text) = SCENARIOS[i % SCENARIOS.len()];
        let renamed = text.replacen("  name: ", &format!("  name: n{i}-"), 1);
        fs::write(directory.path().join(format!("{i:04}.yaml")), renamed).unwrap();
    }
    let library = catalogue::library().unwrap();
    #[expect(
        clippy::disallowed_methods,
        reason = "the time that a person waits is what is tested"
    )]
    let start = std::time::Instant::now();
    let set = Set::read(&library, &[directory.path().into()]);
    let took = start.elapsed();
    println!("{FILES} scenario files validated in {took:?}");
    assert_eq!(set.problems, None);
    assert_eq!(set.documents.len(), FILES);
    assert!(took < LIMIT, "{took:?}");
}
