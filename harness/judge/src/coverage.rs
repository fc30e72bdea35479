//! Has everything that should answer been heard?
//!
//! An answer that is never seen may be missing, or may not have had its turn. With `n`
//! independent samples, something that takes at least the share `p` of them stays unseen with a
//! probability of at most `(1 - p)^n`; over several such things the chances add up.

use std::collections::BTreeSet;

use crate::Rates;

/// The chance that somebody unexpected with a fair share is not heard.
const STRANGER: f64 = 1e-3;

/// A running search for everything that should answer.
#[derive(Debug, Clone)]
pub struct Coverage {
    missing: BTreeSet<String>,
    expected: usize,
    least_share: f64,
    false_alarm: f64,
    samples: u64,
}

impl Coverage {
    /// Looks for `expected`, each of which is assumed to take at least half of an even share.
    pub fn of(expected: impl IntoIterator<Item = String>, rates: Rates) -> Self {
        let missing: BTreeSet<String> = expected.into_iter().collect();
        let expected = missing.len();
        let least_share = 0.5 / expected.max(1) as f64;
        Self {
            missing,
            expected,
            least_share,
            false_alarm: rates.false_alarm,
            samples: 0,
        }
    }

    /// Counts one independent sample.
    pub fn sample(&mut self, answered: &str) {
        self.samples += 1;
        self.hear(answered);
    }

    /// Notes an answer that was no pick of its own: it shows that somebody answers, and nothing about
    /// those who do not.
    pub fn hear(&mut self, answered: &str) {
        self.missing.remove(answered);
    }

    /// Whether all were heard.
    pub fn complete(&self) -> bool {
        self.missing.is_empty()
    }

    /// What has not been heard.
    pub fn missing(&self) -> impl Iterator<Item = &str> {
        self.missing.iter().map(String::as_str)
    }

    /// The chance that something present has not had its turn in the samples so far.
    pub fn miss_probability(&self) -> f64 {
        let unheard = (1.0 - self.least_share).powf(self.samples as f64);
        (self.expected as f64 * unheard).min(1.0)
    }

    /// Whether what is missing may be called missing.
    pub fn conclusive(&self) -> bool {
        self.miss_probability() <= self.false_alarm
    }

    /// Whether somebody unexpected with a fair share would have been heard by now, but for a chance
    /// of one in a thousand.
    pub fn excludes_others(&self) -> bool {
        (1.0 - self.least_share).powf(self.samples as f64) <= STRANGER
    }

    /// How many further samples make it conclusive, whoever is heard.
    pub fn still_needed(&self) -> u64 {
        let missing = self.samples_for(self.false_alarm / self.expected.max(1) as f64);
        let all = missing.max(self.samples_for(STRANGER));
        all.saturating_sub(self.samples)
    }

    /// How many samples leave somebody with the least share unheard only with this chance.
    fn samples_for(&self, chance: f64) -> u64 {
        let per_sample = (1.0 - self.least_share).ln();
        (chance.ln() / per_sample).ceil() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two() -> Coverage {
        Coverage::of(["a".to_owned(), "b".to_owned()], Rates::default())
    }

    #[test]
    fn an_absent_one_is_called_missing_only_when_luck_is_ruled_out() {
        let mut coverage = two();
        let needed = coverage.still_needed();
        for _ in 0..needed - 1 {
            coverage.sample("a");
        }
        assert!(!coverage.conclusive());
        coverage.sample("a");
        assert!(coverage.conclusive());
        assert_eq!(coverage.missing().collect::<Vec<_>>(), ["b"]);
        assert_eq!(coverage.still_needed(), 0);
    }

    #[test]
    fn all_heard_is_complete_however_few_the_samples() {
        let mut coverage = two();
        coverage.sample("a");
        coverage.sample("b");
        assert!(coverage.complete());
    }

    #[test]
    fn more_samples_never_raise_the_chance_of_a_miss() {
        let mut coverage = two();
        let mut before = coverage.miss_probability();
        for _ in 0..100 {
            coverage.sample("a");
            assert!(coverage.miss_probability() <= before);
            before = coverage.miss_probability();
        }
    }
}
