//! Chance of one proxy: drawn by the names of what is decided, so that another proxy, or another
//! decision, changes no draw of this one.

use istio::envoy::Draw;
use sim::random::Seed;

/// A sequence of draws under one name.
#[derive(Debug, Clone)]
pub(super) struct Chance {
    seed: Seed,
    name: String,
    drawn: u64,
}

impl Chance {
    pub(super) fn new(seed: Seed, name: String) -> Self {
        Self {
            seed,
            name,
            drawn: 0,
        }
    }

    /// Whether something happens that happens in so many percent of cases.
    pub(super) fn happens(&mut self, percent: f64) -> bool {
        // The upper 53 bits are what a float holds exactly.
        let share = (self.draw() >> 11) as f64 / (1_u64 << 53) as f64;
        share * 100.0 < percent
    }
}

impl Draw for Chance {
    fn draw(&mut self) -> u64 {
        self.drawn += 1;
        let name = format_args!("{} {}", self.name, self.drawn);
        self.seed.below(name, usize::MAX) as u64
    }
}
