//! When a client proxy stops sending to a host that fails.

use serde::{Deserialize, Serialize};

use super::IstioDuration;

/// Ejection of hosts after failures in a row. An empty object already turns it on.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct OutlierDetection {
    /// Whether failures to connect are counted apart from HTTP statuses.
    pub split_external_local_origin_errors: Option<bool>,
    /// Failures to connect in a row; read only if they are split.
    pub consecutive_local_origin_failures: Option<u32>,
    /// Statuses 502, 503, 504 in a row; 0 turns this detector off.
    pub consecutive_gateway_errors: Option<u32>,
    /// Statuses 5xx in a row; unset is 5, 0 turns this detector off.
    #[serde(rename = "consecutive5xxErrors")]
    pub consecutive_5xx_errors: Option<u32>,
    /// Time between sweeps, which end ejections; unset is 10 s.
    pub interval: Option<IstioDuration>,
    /// Length of a host's first ejection; unset is 30 s.
    pub base_ejection_time: Option<IstioDuration>,
    /// Share of hosts in percent that may be ejected; unset is Envoy's 10.
    pub max_ejection_percent: Option<Percent>,
    /// Share of healthy hosts in percent below which health is disregarded.
    pub min_health_percent: Option<Percent>,
}

/// A whole number of percent, 0 to 100.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(try_from = "u32", into = "u32")]
pub struct Percent(u32);

impl Percent {
    /// The number of percent.
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl TryFrom<u32> for Percent {
    type Error = String;

    fn try_from(percent: u32) -> Result<Self, String> {
        if percent > 100 {
            return Err(format!(
                "{percent} is not a share in percent: write 0 to 100"
            ));
        }
        Ok(Self(percent))
    }
}

impl From<Percent> for u32 {
    fn from(percent: Percent) -> u32 {
        percent.0
    }
}
