//! The count of what passed and failed, per area.

use std::{collections::BTreeMap, fmt, process::ExitCode};

/// Results so far.
#[derive(Default)]
pub(crate) struct Tally {
    areas: BTreeMap<String, Counts>,
    failures: Vec<(String, Vec<String>)>,
}

#[derive(Default, Clone, Copy)]
struct Counts {
    passed: usize,
    failed: usize,
}

impl Tally {
    /// Counts one vector; it passed if it has no problems.
    pub(crate) fn count(&mut self, area: &str, id: &str, problems: Vec<String>) {
        let counts = self.areas.entry(area.to_owned()).or_default();
        if problems.is_empty() {
            counts.passed += 1;
        } else {
            counts.failed += 1;
            self.failures.push((format!("{area}/{id}"), problems));
        }
    }

    /// Success if there were vectors and all of them passed.
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self.total() {
            Counts {
                passed: 1..,
                failed: 0,
            } => ExitCode::SUCCESS,
            _ => ExitCode::FAILURE,
        }
    }

    fn total(&self) -> Counts {
        self.areas
            .values()
            .fold(Counts::default(), |sum, area| Counts {
                passed: sum.passed + area.passed,
                failed: sum.failed + area.failed,
            })
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (area, counts) in &self.areas {
            writeln!(
                f,
                "{area}: {} passed, {} failed",
                counts.passed, counts.failed
            )?;
        }
        for (vector, problems) in &self.failures {
            writeln!(f, "\nFAILED {vector}")?;
            problems.iter().try_for_each(|why| writeln!(f, "  {why}"))?;
        }
        let total = self.total();
        writeln!(f, "\n{} passed, {} failed", total.passed, total.failed)
    }
}
