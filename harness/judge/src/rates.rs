//! The two ways of being wrong, as numbers a check is held to.

use serde::{Deserialize, Serialize};

/// Error rates of one check, split over whatever tests it is made of.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rates {
    /// The chance that a correct mesh is called broken. One red run in a million is the default,
    /// because a nightly matrix of thousands of checks must not cry wolf once a year.
    pub false_alarm: f64,
    /// The chance that a mesh off by the tolerance is called correct.
    pub miss: f64,
}

/// Why two numbers are not error rates.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("{value} is not an error rate: use a number above 0 and below 0.5")]
pub struct NotARate {
    /// The offending number.
    pub value: f64,
}

impl Rates {
    /// States both rates.
    ///
    /// # Errors
    /// If one of them is not strictly between 0 and one half; beyond that a coin is better.
    pub fn new(false_alarm: f64, miss: f64) -> Result<Self, NotARate> {
        for value in [false_alarm, miss] {
            if !(value > 0.0 && value < 0.5) {
                return Err(NotARate { value });
            }
        }
        Ok(Self { false_alarm, miss })
    }

    /// The rates of one of `tests` tests whose union keeps the false-alarm rate of the whole.
    /// The miss rate is not split: the test that looks at the fault must see it by itself.
    pub(crate) fn split(self, tests: usize) -> Self {
        let tests = u32::try_from(tests.max(1)).map_or(f64::MAX, f64::from);
        Self {
            false_alarm: self.false_alarm / tests,
            ..self
        }
    }
}

impl Default for Rates {
    fn default() -> Self {
        Self {
            false_alarm: 1e-6,
            miss: 1e-3,
        }
    }
}
