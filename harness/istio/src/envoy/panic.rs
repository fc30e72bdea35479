//! The share of healthy hosts below which Envoy uses all of them, as istiod configures it.

use crate::{Decision, endpoint::health::SendUnhealthy, envoy::rules};

/// Envoy's own threshold, in percent.
pub const DEFAULT_THRESHOLD: u32 = 50;

/// The panic threshold of a cluster, in percent; 0 is off. `min_health_percent` is the field of
/// the outlierDetection in effect: `None` without one, 0 if it does not say.
pub fn threshold(min_health_percent: Option<u32>, send: SendUnhealthy) -> Decision<u32> {
    match (min_health_percent, send) {
        (Some(_), SendUnhealthy { always: true, .. }) => {
            Decision::new(0, rules::PANIC_UNHEALTHY_SENT)
        }
        (Some(percent), _) => Decision::new(percent, rules::PANIC_MIN_HEALTH),
        (
            None,
            SendUnhealthy {
                always: false,
                by_default: false,
            },
        ) => Decision::new(DEFAULT_THRESHOLD, rules::PANIC_DEFAULT),
        (None, _) => Decision::new(0, rules::PANIC_UNHEALTHY_SENT),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outlier_detection_decides_before_anything_else_but_the_global_switch() {
        let send = |always, by_default| SendUnhealthy { always, by_default };
        assert_eq!(threshold(Some(30), send(false, true)).value, 30);
        assert_eq!(threshold(Some(30), send(true, false)).value, 0);
        assert_eq!(threshold(None, send(false, true)).value, 0);
        assert_eq!(threshold(None, send(true, false)).value, 0);
        assert_eq!(threshold(None, send(false, false)).value, DEFAULT_THRESHOLD);
    }
}
