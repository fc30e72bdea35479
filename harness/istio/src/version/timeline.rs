//! A fact over versions: what it is from one release until the next change.

use world::Version;

/// A release of Istio. A pre-release counts as the release it becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Release {
    minor: u64,
    patch: u64,
}

/// What was true from one release on, and where that is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fact<T> {
    /// The first release it holds for.
    pub since: Release,
    /// What holds.
    pub value: T,
    /// A path or release note in Istio's repository, or an issue of it.
    pub source: &'static str,
}

/// The facts of one question in the order of releases; the first holds from the oldest on.
///
/// A repair that was carried back to an older line stands in that line, so the order of releases
/// is enough to find what holds: 1.29.2 comes after 1.29.1 and before 1.30.0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeline<T: 'static>(pub &'static [Fact<T>]);

impl Release {
    /// The newest one whose facts are kept.
    pub const NEWEST: Self = Self::new(32, 0);

    /// Release `1.minor.patch`.
    pub const fn new(minor: u64, patch: u64) -> Self {
        Self { minor, patch }
    }
}

impl From<&Version> for Release {
    fn from(version: &Version) -> Self {
        Self::new(version.minor(), version.patch())
    }
}

impl<T: Copy> Fact<T> {
    /// `value` since `1.minor.patch`.
    pub const fn since(minor: u64, patch: u64, value: T, source: &'static str) -> Self {
        Self {
            since: Release::new(minor, patch),
            value,
            source,
        }
    }
}

impl<T: Copy> Timeline<T> {
    /// What holds at `version`. Versions before the oldest fact are given the oldest.
    pub fn at(&self, version: &Version) -> Fact<T> {
        self.at_release(Release::from(version))
    }

    /// What holds at a release.
    pub(super) fn at_release(&self, release: Release) -> Fact<T> {
        let held = self.0.iter().rev().find(|fact| fact.since <= release);
        *held
            .or(self.0.first())
            .expect("a timeline has at least one fact")
    }
}

impl std::fmt::Display for Release {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "1.{}.{}", self.minor, self.patch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: Timeline<u8> = Timeline(&[
        Fact::since(28, 0, 1, "a"),
        Fact::since(29, 2, 2, "b"),
        Fact::since(30, 0, 3, "c"),
    ]);

    #[test]
    fn a_fact_holds_until_the_next_one() {
        let at = |text: &str| LINE.at(&text.parse().unwrap()).value;
        assert_eq!(["1.27.0", "1.28.0", "1.29.1"].map(at), [1, 1, 1]);
        assert_eq!(["1.29.2", "1.29.9"].map(at), [2, 2]);
        assert_eq!(["1.30.0-rc.1", "1.32.0-alpha.1"].map(at), [3, 3]);
    }
}
