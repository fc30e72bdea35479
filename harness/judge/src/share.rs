//! Do the answers fall into buckets in the expected shares?
//!
//! Every bucket is tested against both its bounds; the check fails as soon as one test says
//! broken and passes when all say correct. What counts as one sample is the caller's business:
//! see [`crate::independence`].

use std::collections::BTreeMap;

use crate::{
    Rates,
    sequential::{Lean, Sequential},
};

/// What is expected: a share in 0..=1 per bucket, summing to 1, and how far off is too far.
#[derive(Debug, Clone, PartialEq)]
pub struct Shares {
    expect: BTreeMap<String, f64>,
    tolerance: f64,
    bias: f64,
}

/// Why a table is not a set of shares.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SharesError {
    /// The shares do not add up.
    #[error("the shares add up to {sum} %; they must add up to 100")]
    Sum {
        /// What they add up to, in percent.
        sum: f64,
    },
    /// A share outside 0..=100 %.
    #[error("the share of '{bucket}' is {percent} %; use 0 to 100")]
    Share {
        /// The bucket.
        bucket: String,
        /// Its share in percent.
        percent: f64,
    },
    /// A tolerance that allows nothing or everything.
    #[error("a tolerance of {percent} % decides nothing; use more than 0 and less than 100")]
    Tolerance {
        /// The tolerance in percent.
        percent: f64,
    },
}

impl Shares {
    /// States shares and tolerance in percent. The bias, up to which a mesh counts as correct, is
    /// half the tolerance: between the two the verdict may go either way.
    ///
    /// # Errors
    /// If the shares do not add up to 100 or the tolerance is not in 0..100, exclusive.
    pub fn percent(
        expect: impl IntoIterator<Item = (String, f64)>,
        tolerance: f64,
    ) -> Result<Self, SharesError> {
        if !(tolerance > 0.0 && tolerance < 100.0) {
            return Err(SharesError::Tolerance { percent: tolerance });
        }
        let expect: BTreeMap<String, f64> = expect.into_iter().collect();
        if let Some((bucket, &percent)) = expect.iter().find(|(_, p)| !(0.0..=100.0).contains(*p)) {
            return Err(SharesError::Share {
                bucket: bucket.clone(),
                percent,
            });
        }
        let sum: f64 = expect.values().sum();
        if (sum - 100.0).abs() > 0.01 {
            return Err(SharesError::Sum { sum });
        }
        let expect = expect
            .into_iter()
            .map(|(bucket, p)| (bucket, p / 100.0))
            .collect();
        Ok(Self {
            expect,
            tolerance: tolerance / 100.0,
            bias: tolerance / 200.0,
        })
    }
}

/// What a share test says so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judged {
    /// More samples are needed.
    Undecided,
    /// Every bucket is within its bounds.
    Correct,
    /// This bucket is off, or was not expected at all.
    Off {
        /// The bucket.
        bucket: String,
    },
}

/// A running share test.
#[derive(Debug, Clone)]
pub struct ShareTest {
    tests: Vec<(String, Sequential)>,
    counts: BTreeMap<String, u64>,
    surprise: Option<String>,
}

impl ShareTest {
    /// Starts a test that holds to `rates` over all its buckets together.
    pub fn new(shares: &Shares, rates: Rates) -> Self {
        let bounds = shares.expect.iter().flat_map(|(bucket, &share)| {
            let over = (share + shares.bias, share + shares.tolerance);
            let under = (share - shares.bias, share - shares.tolerance);
            [over, under].map(|(near, far)| (bucket.clone(), near, far))
        });
        // A bound at or beyond 0 or 1 cannot be crossed, so it needs no test.
        let bounds: Vec<_> = bounds
            .filter(|(_, _, far)| *far > 0.0 && *far < 1.0)
            .collect();
        let rates = rates.split(bounds.len());
        let tests = bounds
            .into_iter()
            .map(|(bucket, near, far)| (bucket, Sequential::new(near, far, rates)))
            .collect();
        let counts = shares
            .expect
            .keys()
            .map(|bucket| (bucket.clone(), 0))
            .collect();
        Self {
            tests,
            counts,
            surprise: None,
        }
    }

    /// Counts one independent sample.
    pub fn sample(&mut self, bucket: &str) {
        if !self.counts.contains_key(bucket) {
            self.surprise.get_or_insert_with(|| bucket.to_owned());
        }
        *self.counts.entry(bucket.to_owned()).or_default() += 1;
        for (name, test) in &mut self.tests {
            test.sample(name == bucket);
        }
    }

    /// What the samples say so far.
    pub fn judged(&self) -> Judged {
        let broken = self
            .tests
            .iter()
            .find(|(_, test)| test.lean() == Lean::Broken);
        let off = self.surprise.as_ref().or(broken.map(|(bucket, _)| bucket));
        match off {
            Some(bucket) => Judged::Off {
                bucket: bucket.clone(),
            },
            None if self.samples() > 0
                && self
                    .tests
                    .iter()
                    .all(|(_, test)| test.lean() == Lean::Correct) =>
            {
                Judged::Correct
            }
            None => Judged::Undecided,
        }
    }

    /// How often each bucket was hit; expected buckets that were never hit are there with 0.
    pub fn counts(&self) -> &BTreeMap<String, u64> {
        &self.counts
    }

    /// How many independent samples there were.
    pub fn samples(&self) -> u64 {
        self.counts.values().sum()
    }
}

#[cfg(test)]
mod tests {
    use rand::{RngExt as _, SeedableRng as _};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    fn halves(tolerance: f64) -> Shares {
        Shares::percent([("a".to_owned(), 50.0), ("b".to_owned(), 50.0)], tolerance).unwrap()
    }

    /// Runs the test on a biased coin and returns the verdict and the number of samples.
    fn coin(share_of_a: f64, rates: Rates, seed: u64) -> (Judged, u64) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut test = ShareTest::new(&halves(10.0), rates);
        while test.judged() == Judged::Undecided {
            let a = rng.random_bool(share_of_a);
            test.sample(if a { "a" } else { "b" });
        }
        (test.judged(), test.samples())
    }

    /// How many of `runs` coins are called correct.
    fn correct(share_of_a: f64, rates: Rates, runs: u64) -> u64 {
        (0..runs)
            .filter(|&seed| coin(share_of_a, rates, seed).0 == Judged::Correct)
            .count() as u64
    }

    #[test]
    fn false_alarms_and_misses_stay_within_the_stated_rates() {
        let rates = Rates::new(0.02, 0.02).unwrap();
        // 1,000 runs at 2 %: 20 expected at most, 40 would be four and a half sigmas more.
        assert!(
            1_000 - correct(0.5, rates, 1_000) <= 40,
            "false alarms at the exact share"
        );
        assert!(
            1_000 - correct(0.55, rates, 1_000) <= 40,
            "false alarms at the bias"
        );
        assert!(correct(0.6, rates, 1_000) <= 40, "misses at the tolerance");
        assert!(
            correct(0.4, rates, 1_000) <= 40,
            "misses at the tolerance, other side"
        );
    }

    #[test]
    fn a_mesh_that_is_right_is_judged_in_some_hundreds_of_samples() {
        let mut samples: Vec<u64> = (0..101)
            .map(|seed| coin(0.5, Rates::default(), seed).1)
            .collect();
        samples.sort_unstable();
        assert!(samples[50] < 800, "median of {} samples", samples[50]);
    }

    #[test]
    fn everything_to_one_side_is_off_within_a_hundred_and_fifty_samples() {
        let (judged, samples) = coin(1.0, Rates::default(), 7);
        assert_eq!(
            judged,
            Judged::Off {
                bucket: "a".to_owned()
            }
        );
        assert!(samples < 250, "{samples}");
    }

    #[test]
    fn an_unexpected_bucket_is_off_at_once() {
        let mut test = ShareTest::new(&halves(10.0), Rates::default());
        test.sample("c");
        assert_eq!(
            test.judged(),
            Judged::Off {
                bucket: "c".to_owned()
            }
        );
    }

    #[test]
    fn no_sample_is_no_verdict() {
        let all = Shares::percent([("a".to_owned(), 100.0)], 5.0).unwrap();
        let mut test = ShareTest::new(&all, Rates::default());
        assert_eq!(test.judged(), Judged::Undecided);
        for _ in 0..2_000 {
            test.sample("a");
        }
        assert_eq!(test.judged(), Judged::Correct);
    }

    #[test]
    fn shares_must_add_up() {
        let wrong = Shares::percent([("a".to_owned(), 50.0), ("b".to_owned(), 40.0)], 5.0);
        assert_eq!(wrong, Err(SharesError::Sum { sum: 90.0 }));
    }
}
