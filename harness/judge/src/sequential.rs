//! Wald's sequential probability ratio test for one share against one bound.
//!
//! Each sample adds the logarithm of how much likelier it is under "off by the tolerance" than
//! under "off by no more than the bias". The sum crossing `ln(1/false_alarm)` says broken, the
//! sum crossing `ln(miss)` says correct. Under either hypothesis the likelihood ratio is a
//! martingale, so by Ville's inequality the stated rates hold whenever one stops, and looking at
//! every sample costs nothing (A. Wald, Sequential Tests of Statistical Hypotheses, 1945).

use crate::Rates;

/// What one test says so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lean {
    /// The share is on the right side of the bound.
    Correct,
    /// The share is beyond the bound.
    Broken,
    /// Not enough samples.
    Undecided,
}

/// A test of "the share is at most `near`" against "it is at least `far`" (or the mirror image,
/// if `far` is below `near`).
#[derive(Debug, Clone)]
pub(crate) struct Sequential {
    near: f64,
    far: f64,
    /// Log likelihood ratio of far over near.
    ratio: f64,
    accept: f64,
    reject: f64,
    lean: Lean,
}

impl Sequential {
    /// A test between two shares strictly inside 0..1 that differ.
    pub(crate) fn new(near: f64, far: f64, rates: Rates) -> Self {
        assert!(near != far && far > 0.0 && far < 1.0);
        Self {
            near,
            far,
            ratio: 0.0,
            accept: rates.miss.ln(),
            reject: -rates.false_alarm.ln(),
            lean: Lean::Undecided,
        }
    }

    /// Counts one sample: a hit of the bucket or not. A decision once made stays.
    pub(crate) fn sample(&mut self, hit: bool) {
        if self.lean != Lean::Undecided {
            return;
        }
        let (far, near) = if hit {
            (self.far, self.near)
        } else {
            (1.0 - self.far, 1.0 - self.near)
        };
        self.ratio += (far / near).ln();
        if self.ratio >= self.reject {
            self.lean = Lean::Broken;
        } else if self.ratio <= self.accept {
            self.lean = Lean::Correct;
        }
    }

    /// What it says so far.
    pub(crate) fn lean(&self) -> Lean {
        self.lean
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(hits: impl Iterator<Item = bool>) -> (Lean, usize) {
        let mut test = Sequential::new(0.55, 0.6, Rates::default());
        let mut n = 0;
        for hit in hits {
            test.sample(hit);
            n += 1;
            if test.lean() != Lean::Undecided {
                break;
            }
        }
        (test.lean(), n)
    }

    #[test]
    fn an_even_stream_is_correct_and_a_lopsided_one_broken() {
        let (lean, n) = run([true, false].into_iter().cycle().take(5_000));
        assert_eq!(lean, Lean::Correct);
        assert!(n < 600, "{n} samples");
        let (lean, n) = run(std::iter::repeat_n(true, 5_000));
        assert_eq!(lean, Lean::Broken);
        assert!(n < 250, "{n} samples");
    }

    #[test]
    fn a_decision_once_made_stays() {
        let mut test = Sequential::new(0.1, 0.2, Rates::default());
        for _ in 0..100 {
            test.sample(true);
        }
        assert_eq!(test.lean(), Lean::Broken);
        for _ in 0..10_000 {
            test.sample(false);
        }
        assert_eq!(test.lean(), Lean::Broken);
    }
}
