//! How often a failed request is tried again.

use serde::{Deserialize, Serialize};

use super::IstioDuration;

/// Retries of a route, or of the whole mesh.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct HttpRetry {
    /// Tries after the first; 0 turns retries off.
    pub attempts: i32,
    /// How long one try may take; unset is the route's time-out.
    pub per_try_timeout: Option<IstioDuration>,
    /// On which failures, separated by commas; unset is Istio's default.
    pub retry_on: Option<String>,
    /// Whether other localities are tried.
    pub retry_remote_localities: Option<bool>,
    /// Whether hosts that failed are tried again; unset avoids them.
    pub retry_ignore_previous_hosts: Option<bool>,
    /// Shortest time between tries; unset is 25 ms.
    pub backoff: Option<IstioDuration>,
}
