//! New hosts take their share of traffic step by step.

use std::time::Duration;

use crate::{
    Decision,
    envoy::rules,
    kinds::{
        LoadBalancerSettings,
        load_balancer::{SimpleLb, WarmupConfiguration},
    },
};

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

/// What a DestinationRule's warm-up comes to under its policy.
pub fn config(settings: &LoadBalancerSettings) -> Decision<Option<SlowStart>> {
    let policy_knows_it = match settings.simple {
        None | Some(SimpleLb::Unspecified | SimpleLb::LeastRequest | SimpleLb::RoundRobin) => true,
        Some(SimpleLb::Random | SimpleLb::Passthrough) => false,
    };
    let warmup = settings.warmup.as_ref().map(started);
    let older = || {
        settings
            .warmup_duration_secs
            .map(|window| over(window.get()))
    };
    match warmup.or_else(older).filter(|_| policy_knows_it) {
        Some(slow_start) => Decision::new(Some(slow_start), rules::SLOW_START),
        None => Decision::new(None, rules::NO_SLOW_START),
    }
}

fn started(warmup: &WarmupConfiguration) -> SlowStart {
    let default = over(warmup.duration.get());
    SlowStart {
        window: default.window,
        min_weight_percent: warmup.minimum_percent.unwrap_or(default.min_weight_percent),
        aggression: warmup.aggression.unwrap_or(default.aggression),
    }
}

/// A start that grows in a straight line from a tenth.
fn over(window: Duration) -> SlowStart {
    SlowStart {
        window,
        min_weight_percent: 10.0,
        aggression: 1.0,
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
        let linear = over(Duration::from_secs(100));
        assert_eq!(linear.share(Duration::ZERO), 0.1);
        assert_eq!(linear.share(Duration::from_secs(50)), 0.5);
        assert_eq!(linear.share(Duration::from_secs(100)), 1.0);
        let eager = SlowStart {
            aggression: 2.0,
            ..linear
        };
        assert_eq!(eager.share(Duration::from_secs(25)), 0.5);
    }

    #[test]
    fn the_older_field_counts_where_the_newer_is_not_set() {
        let read = |json| serde_json::from_value::<LoadBalancerSettings>(json).unwrap();
        let older = read(serde_json::json!({ "warmupDurationSecs": "20s" }));
        assert_eq!(config(&older).value, Some(over(Duration::from_secs(20))));
        let random =
            read(serde_json::json!({ "simple": "RANDOM", "warmup": { "duration": "20s" } }));
        assert_eq!(config(&random).because, rules::NO_SLOW_START);
    }
}
