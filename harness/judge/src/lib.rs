//! From observations to verdicts.
//!
//! This room is pure statistics: it asks for calls and takes observations, and never knows which
//! engine made them, what time it really is, or how to reach anything.
//!
//! Reading order: [`rates`] (how wrong a check may be), [`share`] and [`coverage`] (what a number
//! of samples allows to say), [`waiting`] (when to look again), [`verdict`] (what is said in the end).

pub mod coverage;
pub mod rates;
mod sequential;
pub mod share;
pub mod verdict;
pub mod waiting;

pub use coverage::Coverage;
pub use rates::{NotARate, Rates};
pub use share::{Judged, ShareTest, Shares, SharesError};
pub use verdict::{Evidence, Outcome, Verdict};
pub use waiting::{Step, Wait, Waiting};
