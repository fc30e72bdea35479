//! Chance of one proxy: drawn by the names of what is decided, so that another proxy, or another
//! decision, changes no draw of this one.

use std::fmt::Display;

use istio::envoy::Draw;
use rand::{Rng, rngs::Xoshiro256PlusPlus};
use sim::random::Seed;

/// A sequence of draws under one name.
#[derive(Debug, Clone)]
pub(super) struct Chance(Xoshiro256PlusPlus);

impl Chance {
    pub(super) fn new(seed: Seed, name: impl Display) -> Self {
        Self(seed.stream(name))
    }

    /// Whether something happens that happens in so many percent of cases.
    pub(super) fn happens(&mut self, percent: f64) -> bool {
        self.share() * 100.0 < percent
    }

    /// A share of one, never one itself.
    pub(super) fn share(&mut self) -> f64 {
        // The upper 53 bits are what a float holds exactly.
        (self.draw() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

impl Draw for Chance {
    fn draw(&mut self) -> u64 {
        self.0.next_u64()
    }
}
