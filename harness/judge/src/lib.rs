//! From observations to verdicts.
//!
//! This room is pure statistics: it asks for calls and takes observations, and never knows which
//! engine made them, what time it really is, or how to reach anything.
//!
//! Reading order: [`rates`] (how wrong a check may be), [`share`] and [`coverage`] (what a number
//! of samples allows to say), [`look`] (one look at a check that calls, with a file for each kind, and [`ways`]),
//! [`known`] (what control planes and proxies say), [`traffic`] (continuous traffic), [`waiting`] (when to look again), [`verdict`] (what is said in
//! the end).

pub mod coverage;
mod independence;
pub mod known;
pub mod look;
mod mtls;
pub mod rates;
mod reachable;
mod refused;
mod sequential;
pub mod share;
mod share_look;
mod standing;
mod tally;
pub mod traffic;
pub mod verdict;
pub mod waiting;
pub mod ways;

pub use coverage::Coverage;
pub use look::{Ask, CallLook, Depth, Next};
pub use rates::{NotARate, Rates};
pub use share::{Judged, ShareTest, Shares, SharesError};
pub use verdict::{Evidence, Outcome, Verdict};
pub use waiting::{Step, Wait, Waiting};
pub use ways::Ways;
