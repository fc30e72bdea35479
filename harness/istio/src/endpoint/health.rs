//! Health of endpoints, and which unhealthy ones a proxy is told of.

use crate::{Decision, endpoint::rules};

/// What a control plane knows of an endpoint's readiness.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Health {
    /// It is ready.
    #[default]
    Ready,
    /// It is not ready.
    NotReady,
    /// It ends.
    Terminating,
    /// It ends, but still serves sessions it holds.
    Draining,
}

/// The switches that decide over endpoints that are not ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SendUnhealthy {
    /// `PILOT_SEND_UNHEALTHY_ENDPOINTS`.
    pub always: bool,
    /// `PILOT_AUTO_SEND_UNHEALTHY_ENDPOINTS`.
    pub by_default: bool,
}

/// Whether endpoints that are not ready are sent, marked unhealthy. `min_health_percent` is the
/// field of the outlierDetection in the client's DestinationRule, if it has one.
pub fn not_ready_are_sent(send: SendUnhealthy, min_health_percent: Option<u32>) -> Decision<bool> {
    match (send.always, send.by_default, min_health_percent) {
        (true, _, _) => Decision::new(true, rules::SEND_UNHEALTHY_ALWAYS),
        (false, false, _) => Decision::new(false, rules::NOT_SENT),
        (false, true, Some(1..)) => Decision::new(false, rules::MIN_HEALTH_PERCENT),
        (false, true, Some(0) | None) => Decision::new(true, rules::SEND_UNHEALTHY),
    }
}
