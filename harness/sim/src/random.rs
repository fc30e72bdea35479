//! Randomness by name: what is drawn for a thing depends on the seed and on the thing's name, so
//! that adding another thing changes no draw of this one.

use std::fmt::Display;

use rand::{RngExt, SeedableRng, rngs::Xoshiro256PlusPlus};
use sha2::{Digest, Sha256};

/// The seed of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seed(pub u64);

impl Seed {
    /// The stream of draws that belongs to `name`, from its beginning. Nobody plays against a
    /// simulation, so that a small generator does.
    pub fn stream(self, name: impl Display) -> Xoshiro256PlusPlus {
        let mut digest = Sha256::new();
        digest.update(self.0.to_be_bytes());
        digest.update(name.to_string());
        Xoshiro256PlusPlus::from_seed(digest.finalize().into())
    }

    /// The first draw of `name`'s stream: a number below `n`, or 0 if `n` is 0.
    pub fn below(self, name: impl Display, n: usize) -> usize {
        match n {
            0 | 1 => 0,
            n => self.stream(name).random_range(0..n),
        }
    }

    /// Whether something that happens `ppm` times in a million happens to `name`.
    pub fn happens(self, name: impl Display, ppm: u32) -> bool {
        ppm > 0 && self.stream(name).random_range(0..1_000_000) < ppm
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draw_depends_on_seed_and_name_only() {
        let draw = |seed, name: &str| Seed(seed).below(name, 1 << 30);
        assert_eq!(draw(1, "a"), draw(1, "a"));
        assert_ne!(draw(1, "a"), draw(1, "b"));
        assert_ne!(draw(1, "a"), draw(2, "a"));
    }

    #[test]
    fn parts_per_million_are_met_within_four_standard_deviations() {
        let hits = (0..10_000).filter(|i| Seed(7).happens(i, 250_000)).count();
        assert!((2327..=2673).contains(&hits), "{hits}");
    }
}
