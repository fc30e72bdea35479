//! A line per trial, and a heartbeat where nothing ends for long, so that a log shows that the run
//! goes on.

use std::{
    io::{self, Write},
    time::Duration,
};

use report::{Trial, TrialName, text};

use crate::{rehearsal::Audience, stopwatch::Stopwatch};

/// How long nothing may be said.
const HEARTBEAT: Duration = Duration::from_secs(30);

/// Writes lines.
pub struct Lines<'a> {
    out: &'a mut dyn Write,
    heartbeat: Duration,
    quiet: Stopwatch,
    written: io::Result<()>,
}

impl<'a> Lines<'a> {
    /// Writes to `out`.
    pub fn new(out: &'a mut dyn Write) -> Self {
        Self {
            out,
            heartbeat: HEARTBEAT,
            quiet: Stopwatch::start(),
            written: Ok(()),
        }
    }

    /// The first error that was met in writing. What comes after it is not written.
    ///
    /// # Errors
    /// What the output met.
    pub fn finish(self) -> io::Result<()> {
        self.written
    }

    fn say(&mut self, line: &str) {
        if self.written.is_ok() {
            self.written = writeln!(self.out, "{line}").and_then(|()| self.out.flush());
        }
        self.quiet = Stopwatch::start();
    }
}

/// The line of a trial that has ended.
pub(crate) fn line(trial: &Trial) -> String {
    let mut line = format!("{:<12}  {}", trial.outcome.to_string(), trial.name);
    if let Some(reason) = trial.reason.as_ref().filter(|_| !trial.is_bad()) {
        line.push_str(&format!("  ({reason})"));
    }
    if !trial.wall.is_zero() {
        line.push_str(&format!("  {}", text::seconds(trial.wall)));
    }
    line
}

impl Audience for Lines<'_> {
    fn begun(&mut self, _: &TrialName) {}

    fn ended(&mut self, trial: &Trial) {
        self.say(&line(trial));
    }

    fn told(&mut self, line: &str) {
        self.say(&format!("              {line}"));
    }

    fn waiting(&mut self, running: &[(TrialName, Duration)]) {
        if self.quiet.elapsed() < self.heartbeat {
            return;
        }
        let running: Vec<String> = running
            .iter()
            .map(|(name, took)| format!("{name} for {} s", took.as_secs()))
            .collect();
        self.say(&format!("still running: {}", running.join(", ")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(scenario: &str) -> TrialName {
        TrialName {
            scenario: scenario.to_owned(),
            cell: Default::default(),
            canary: None,
            engine: "sim".to_owned(),
        }
    }

    fn said(heartbeat: Duration) -> String {
        let mut out = Vec::new();
        let mut lines = Lines {
            heartbeat,
            ..Lines::new(&mut out)
        };
        lines.waiting(&[(name("fault/a"), Duration::from_secs(31))]);
        lines.finish().unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_heartbeat_names_what_is_under_way_and_for_how_long() {
        assert_eq!(
            said(Duration::ZERO),
            "still running: fault/a [sim] for 31 s\n"
        );
    }

    #[test]
    fn nothing_is_said_before_a_heartbeat_is_due() {
        assert_eq!(said(HEARTBEAT), "");
    }

    #[test]
    fn a_skip_says_why_on_its_line() {
        let skipped = Trial::skipped(name("fault/a"), "sim has no weather");
        assert_eq!(
            line(&skipped),
            "skip          fault/a [sim]  (sim has no weather)"
        );
    }
}
