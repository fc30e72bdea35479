//! Istio's own unit-test facts against our rules.
//!
//! The file is `fixtures/vectors/istio.json`, or the one that `ISTHMUS_VECTORS` names. Each vector
//! goes to the check of its area; the checks translate JSON into the arguments of rules and state
//! what came out, and no rule lives here. An area nobody checks, a vector that cannot be read and
//! an expectation that nothing looked at are failures, because silence would pass for agreement.

mod case;
mod file;
mod mesh;
mod policy;
mod tally;

use std::process::ExitCode;

use case::{Case, Check};
use file::{Vector, VectorFile};
use tally::Tally;

fn main() -> ExitCode {
    let file = match VectorFile::load() {
        Ok(file) => file,
        Err(why) => {
            eprintln!("{why}");
            return ExitCode::FAILURE;
        }
    };
    let mut tally = Tally::default();
    for vector in &file.vectors {
        let outcome = run(vector, &file.fixtures);
        tally.count(&vector.area, &vector.id, outcome);
    }
    print!("{tally}");
    tally.exit_code()
}

/// What went wrong with one vector; empty if everything it expects was met.
fn run(vector: &Vector, fixtures: &serde_json::Value) -> Vec<String> {
    let Some(check) = check_of(&vector.area) else {
        return vec![format!("no check knows the area '{}'", vector.area)];
    };
    let mut case = Case::new(vector, fixtures);
    if let Err(why) = check(&mut case) {
        return vec![why];
    }
    case.close()
}

fn check_of(area: &str) -> Option<Check> {
    let mut tables = mesh::CHECKS.iter().chain(policy::CHECKS);
    tables
        .find(|(name, _)| *name == area)
        .map(|(_, check)| *check)
}
