//! New hosts take their share of traffic step by step.

use std::time::Duration;

use crate::{
    Decision,
    envoy::{lb_policy::Simple, rules},
};

/// `warmup` of a DestinationRule.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Warmup {
    /// How long a host counts as new.
    pub duration: Duration,
    /// The share of its weight that it starts with, in percent.
    pub minimum_percent: Option<f64>,
    /// How the share grows: 1 is linear, more is faster at first.
    pub aggression: Option<f64>,
}

/// What Envoy is configured with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SlowStart {
    /// How long a host counts as new.
    pub window: Duration,
    /// The share of its weight that it starts with, in percent.
    pub min_weight_percent: f64,
    /// How the share grows.
    pub aggression: f64,
}

/// What a warm-up comes to under a policy.
pub fn config(simple: Option<Simple>, warmup: Option<Warmup>) -> Decision<Option<SlowStart>> {
    let policy_knows_it = match simple {
        None | Some(Simple::LeastRequest | Simple::RoundRobin) => true,
        Some(Simple::Random | Simple::Passthrough) => false,
    };
    match warmup.filter(|_| policy_knows_it) {
        Some(warmup) => Decision::new(Some(started(warmup)), rules::SLOW_START),
        None => Decision::new(None, rules::NO_SLOW_START),
    }
}

fn started(warmup: Warmup) -> SlowStart {
    SlowStart {
        window: warmup.duration,
        min_weight_percent: warmup.minimum_percent.unwrap_or(10.0),
        aggression: warmup.aggression.unwrap_or(1.0),
    }
}

impl SlowStart {
    /// The share of its weight that a host has which this Envoy has known for `age`, from 0 to 1.
    /// The age starts anew when Envoy starts, or when the host leaves and comes back.
    pub fn share(&self, age: Duration) -> f64 {
        if age >= self.window {
            return 1.0;
        }
        let passed = age.as_secs_f64().max(1.0) / self.window.as_secs_f64();
        let grown = passed.powf(1.0 / self.aggression);
        grown.max(self.min_weight_percent / 100.0).min(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_grows_from_the_minimum_to_the_whole() {
        let linear = started(Warmup {
            duration: Duration::from_secs(100),
            minimum_percent: None,
            aggression: None,
        });
        assert_eq!(linear.share(Duration::ZERO), 0.1);
        assert_eq!(linear.share(Duration::from_secs(50)), 0.5);
        assert_eq!(linear.share(Duration::from_secs(100)), 1.0);
        let eager = SlowStart {
            aggression: 2.0,
            ..linear
        };
        assert_eq!(eager.share(Duration::from_secs(25)), 0.5);
    }
}
