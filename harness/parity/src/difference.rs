//! Where the simulated server is knowingly unlike the real one.

/// A fact that holds on a real server and not on the simulated one.
pub struct Difference {
    /// The fact's name, `area::claim`.
    pub fact: &'static str,
    /// Why it is accepted.
    pub reason: &'static str,
}

/// All accepted differences. One that no longer differs is an error, so this list cannot rot.
pub const DIFFERENCES: &[Difference] = &[];

/// The accepted difference of this fact, if there is one.
#[must_use]
pub fn accepted(fact: &str) -> Option<&'static Difference> {
    DIFFERENCES
        .iter()
        .find(|difference| difference.fact == fact)
}
