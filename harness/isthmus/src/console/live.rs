//! Lines that move: how far the run is, what is under way, and above them what did not pass.

use std::{collections::BTreeMap, time::Duration};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use judge::Outcome;
use report::{Trial, TrialName};

use super::{lines::line, notes};
use crate::rehearsal::Audience;

/// Draws on standard error.
pub struct Live {
    all: MultiProgress,
    whole: ProgressBar,
    running: BTreeMap<TrialName, ProgressBar>,
}

impl Live {
    /// A drawing of so many trials.
    pub fn new(trials: usize) -> Self {
        let all = MultiProgress::new();
        notes::keep_above(Some(all.clone()));
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len}  {elapsed}")
            .expect("the template is well formed");
        let whole = ProgressBar::new(u64::try_from(trials).unwrap_or(u64::MAX)).with_style(style);
        let whole = all.add(whole);
        // A bar is drawn when it moves, which the first trial may take a while for.
        whole.tick();
        Self {
            whole,
            all,
            running: BTreeMap::new(),
        }
    }

    /// Takes the drawing away; what did not pass stays.
    pub fn finish(self) {
        notes::keep_above(None);
        self.whole.finish_and_clear();
    }
}

impl Audience for Live {
    fn begun(&mut self, name: &TrialName) {
        // A name that is longer than the line is cut: a second line would not be drawn over.
        let style = ProgressStyle::with_template("  {spinner} {elapsed:>4}  {wide_msg}")
            .expect("the template is well formed");
        let spinner = self.all.add(ProgressBar::new_spinner().with_style(style));
        spinner.set_message(name.to_string());
        self.running.insert(name.clone(), spinner);
    }

    fn ended(&mut self, trial: &Trial) {
        if let Some(spinner) = self.running.remove(&trial.name) {
            spinner.finish_and_clear();
            self.all.remove(&spinner);
        }
        if trial.outcome != Outcome::Pass {
            // A terminal that cannot be written to has nobody before it.
            let _ = self.all.println(line(trial));
        }
        self.whole.inc(1);
    }

    fn told(&mut self, line: &str) {
        // As above.
        let _ = self.all.println(format!("  {line}"));
    }

    fn waiting(&mut self, _: &[(TrialName, Duration)]) {
        self.running.values().for_each(ProgressBar::tick);
    }
}
