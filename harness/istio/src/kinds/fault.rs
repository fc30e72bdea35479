//! Faults that a client proxy makes on purpose.

use serde::{Deserialize, Serialize};

use super::IstioDuration;

/// A delay, an abort, or both; each for its own share of the requests.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct HttpFaultInjection {
    /// Requests that wait before they are forwarded.
    pub delay: Option<Delay>,
    /// Requests that are answered by the proxy.
    pub abort: Option<Abort>,
}

/// Requests that wait.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Delay {
    /// How long.
    pub fixed_delay: IstioDuration,
    /// How many; unset is none.
    #[serde(default)]
    pub percentage: Option<Percentage>,
}

/// Requests that are answered by the proxy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Abort {
    /// With which status.
    pub http_status: u16,
    /// How many; unset is all.
    #[serde(default)]
    pub percentage: Option<Percentage>,
}

/// A share of requests in percent, with fractions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Percentage {
    /// 0.0 to 100.0.
    pub value: f64,
}
