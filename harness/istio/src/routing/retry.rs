//! How often a failed request is tried again, and where.

use std::{borrow::Cow, time::Duration};

use super::rules;
use crate::{Decision, kinds::HttpRetry, version::mechanism::InboundRetries};

/// On which failures a client's sidecar retries by default: the request cannot have been served.
/// Plain resets and statuses such as 503 are not among them.
pub const DEFAULT_RETRY_ON: &[&str] = &[
    "connect-failure",
    "refused-stream",
    "unavailable",
    "cancelled",
    STATUS_CODES,
];

/// On which failures a server's sidecar retries by default.
pub const DEFAULT_INBOUND_RETRY_ON: &[&str] = &["reset-before-request"];

/// The condition that makes the listed statuses count.
const STATUS_CODES: &str = "retriable-status-codes";

/// Retries unless anything is written.
const DEFAULT_ATTEMPTS: u32 = 2;

/// Picks of a host before one that was tried already is taken again.
const HOST_SELECTION_ATTEMPTS: u32 = 5;

/// What a proxy does about a failed request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Tries after the first one.
    pub attempts: u32,
    /// The failures that are retried, in Envoy's words.
    pub retry_on: Vec<Cow<'static, str>>,
    /// The statuses that are retried.
    pub retriable_status_codes: Vec<u16>,
    /// How long one try may take; `None` is the route's time-out.
    pub per_try_timeout: Option<Duration>,
    /// The shortest time between tries; `None` is Envoy's 25 ms.
    pub backoff: Option<Duration>,
    /// Whether hosts that failed are avoided.
    pub avoid_previous_hosts: bool,
    /// Picks of a host before one that failed is taken again; 0 on the server's side.
    pub host_selection_attempts: u32,
    /// Whether later tries go to other priorities, and so to other localities.
    pub other_localities: bool,
}

impl RetryPolicy {
    /// Whether a failure is retried that Envoy calls by this name.
    pub fn covers(&self, failure: &str) -> bool {
        self.retry_on.iter().any(|condition| condition == failure)
    }

    /// Whether an answer of this status is retried.
    pub fn covers_status(&self, status: u16) -> bool {
        (self.covers("5xx") && status >= 500)
            || (self.covers("gateway-error") && (502..=504).contains(&status))
            || (self.covers("retriable-4xx") && status == 409)
            || (self.covers(STATUS_CODES) && self.retriable_status_codes.contains(&status))
    }
}

/// What a client's proxy does: as the route says, else as the mesh's `defaultHttpRetryPolicy`
/// says (the caller passes whichever is there), else Istio's default. With a consistent hash the
/// same host is tried again.
pub fn outbound(
    written: Option<&HttpRetry>,
    consistent_hash: bool,
) -> Decision<Option<RetryPolicy>> {
    let default = RetryPolicy {
        avoid_previous_hosts: !consistent_hash,
        host_selection_attempts: HOST_SELECTION_ATTEMPTS,
        ..default_policy(DEFAULT_RETRY_ON)
    };
    let Some(retry) = written else {
        return Decision::new(Some(default), rules::RETRY_DEFAULT);
    };
    let custom = customised(retry, default).map(|policy| RetryPolicy {
        per_try_timeout: retry.per_try_timeout.map(|timeout| timeout.get()),
        avoid_previous_hosts: retry
            .retry_ignore_previous_hosts
            .unwrap_or(policy.avoid_previous_hosts),
        other_localities: retry.retry_remote_localities.unwrap_or(false),
        ..policy
    });
    decided(custom)
}

/// What a server's proxy does with requests to its own application, where the mesh has `written`
/// its `defaultInboundHttpRetryPolicy` and its version takes it from there. There is only one host,
/// so nothing of the choice of hosts is read.
pub fn inbound(
    written: Option<&HttpRetry>,
    decided_by: InboundRetries,
) -> Decision<Option<RetryPolicy>> {
    let default = default_policy(DEFAULT_INBOUND_RETRY_ON);
    match written.filter(|_| decided_by == InboundRetries::FromMesh) {
        None => Decision::new(Some(default), rules::RETRY_INBOUND),
        Some(retry) => decided(customised(retry, default)),
    }
}

fn default_policy(retry_on: &'static [&str]) -> RetryPolicy {
    RetryPolicy {
        attempts: DEFAULT_ATTEMPTS,
        retry_on: retry_on.iter().map(|word| Cow::Borrowed(*word)).collect(),
        retriable_status_codes: Vec::new(),
        per_try_timeout: None,
        backoff: None,
        avoid_previous_hosts: false,
        host_selection_attempts: 0,
        other_localities: false,
    }
}

fn decided(policy: Option<RetryPolicy>) -> Decision<Option<RetryPolicy>> {
    let because = match policy {
        Some(_) => rules::RETRY_CUSTOM,
        None => rules::RETRY_OFF,
    };
    Decision::new(policy, because)
}

fn customised(retry: &HttpRetry, default: RetryPolicy) -> Option<RetryPolicy> {
    let attempts = u32::try_from(retry.attempts).ok().filter(|n| *n > 0)?;
    let (retry_on, codes) = match retry.retry_on.as_deref() {
        None | Some("") => (default.retry_on, default.retriable_status_codes),
        Some(written) => conditions(written),
    };
    Some(RetryPolicy {
        attempts,
        retry_on,
        retriable_status_codes: codes,
        backoff: retry.backoff.map(|backoff| backoff.get()),
        ..default
    })
}

/// Takes `retryOn` apart: numbers that are statuses, and everything else.
fn conditions(written: &str) -> (Vec<Cow<'static, str>>, Vec<u16>) {
    let (mut words, mut codes) = (Vec::<Cow<'static, str>>::new(), Vec::new());
    for part in written
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
    {
        match part.parse().ok().filter(|code| is_http_status(*code)) {
            Some(code) => codes.push(code),
            None => words.push(Cow::Owned(part.to_owned())),
        }
    }
    if !codes.is_empty() && !words.iter().any(|word| word.contains(STATUS_CODES)) {
        words.push(Cow::Borrowed(STATUS_CODES));
    }
    (words, codes)
}

/// Whether IANA has registered the status, as far as Go's standard library knows.
fn is_http_status(code: u16) -> bool {
    matches!(
        code,
        100..=103 | 200..=208 | 226 | 300..=305 | 307 | 308 | 400..=418 | 421..=426 | 428 | 429
            | 431 | 451 | 500..=508 | 510 | 511
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn retry(attempts: i32, retry_on: &str) -> HttpRetry {
        HttpRetry {
            attempts,
            retry_on: Some(retry_on.to_owned()),
            ..HttpRetry::default()
        }
    }

    fn policy(written: &HttpRetry) -> RetryPolicy {
        outbound(Some(written), false).value.unwrap()
    }

    #[test]
    fn by_default_only_requests_that_cannot_have_been_served_are_retried() {
        let decision = outbound(None, false);
        let policy = decision.value.unwrap();
        assert_eq!((policy.attempts, policy.host_selection_attempts), (2, 5));
        assert!(policy.avoid_previous_hosts && !policy.other_localities);
        assert!(policy.covers("connect-failure") && policy.covers("refused-stream"));
        assert!(!policy.covers("reset") && !policy.covers_status(503));
        assert_eq!(decision.because, rules::RETRY_DEFAULT);
    }

    #[test]
    fn a_consistent_hash_tries_the_same_host_again_unless_told_otherwise() {
        assert!(!outbound(None, true).value.unwrap().avoid_previous_hosts);
        let told = HttpRetry {
            attempts: 1,
            retry_ignore_previous_hosts: Some(true),
            ..HttpRetry::default()
        };
        assert!(
            outbound(Some(&told), true)
                .value
                .unwrap()
                .avoid_previous_hosts
        );
        let told = HttpRetry {
            retry_ignore_previous_hosts: Some(false),
            ..told
        };
        assert!(
            !outbound(Some(&told), false)
                .value
                .unwrap()
                .avoid_previous_hosts
        );
    }

    #[test]
    fn zero_and_negative_attempts_switch_retries_off() {
        for attempts in [0, -1] {
            let off = outbound(Some(&retry(attempts, "5xx")), false);
            assert_eq!(off, Decision::new(None, rules::RETRY_OFF));
            assert_eq!(
                inbound(Some(&retry(attempts, "")), InboundRetries::FromMesh).value,
                None
            );
        }
    }

    #[test]
    fn numbers_among_the_conditions_are_statuses_if_they_are_any() {
        let policy = policy(&retry(3, " reset ,503, 999,,418"));
        assert_eq!(policy.retry_on, ["reset", "999", "retriable-status-codes"]);
        assert_eq!(policy.retriable_status_codes, [503, 418]);
        assert_eq!(policy.attempts, 3);
    }

    #[test]
    fn a_condition_that_is_written_already_is_not_added_again() {
        let policy = policy(&retry(1, "reset,retriable-status-codes,502"));
        assert_eq!(policy.retry_on, ["reset", "retriable-status-codes"]);
        assert!(policy.covers_status(502) && !policy.covers_status(503));
    }

    #[test]
    fn an_answer_is_retried_by_its_class_or_its_number() {
        let by = |on: &str| policy(&retry(1, on));
        assert!(by("5xx").covers_status(500) && !by("5xx").covers_status(499));
        assert!(by("gateway-error").covers_status(502) && by("gateway-error").covers_status(504));
        assert!(!by("gateway-error").covers_status(500) && !by("gateway-error").covers_status(505));
        assert!(by("retriable-4xx").covers_status(409) && !by("retriable-4xx").covers_status(404));
        assert!(!by("reset").covers_status(503));
    }

    #[test]
    fn the_servers_side_reads_attempts_conditions_and_backoff_only() {
        let written = HttpRetry {
            attempts: 4,
            per_try_timeout: Some("1s".parse().unwrap()),
            retry_remote_localities: Some(true),
            retry_ignore_previous_hosts: Some(true),
            backoff: Some("10ms".parse().unwrap()),
            ..HttpRetry::default()
        };
        let policy = inbound(Some(&written), InboundRetries::FromMesh)
            .value
            .unwrap();
        assert_eq!(policy.retry_on, ["reset-before-request"]);
        assert_eq!((policy.attempts, policy.per_try_timeout), (4, None));
        assert_eq!(policy.backoff, Some(Duration::from_millis(10)));
        assert!(!policy.avoid_previous_hosts && !policy.other_localities);
        let outbound = outbound(Some(&written), false).value.unwrap();
        assert_eq!(outbound.per_try_timeout, Some(Duration::from_secs(1)));
        assert!(outbound.other_localities);
        for (written, by) in [
            (None, InboundRetries::FromMesh),
            (Some(&written), InboundRetries::Fixed),
        ] {
            assert_eq!(inbound(written, by).because, rules::RETRY_INBOUND);
        }
    }

    #[test]
    fn only_registered_statuses_are_statuses() {
        for code in [100, 226, 308, 418, 451, 511] {
            assert!(is_http_status(code), "{code}");
        }
        for code in [99, 104, 209, 306, 309, 419, 427, 430, 509, 512] {
            assert!(!is_http_status(code), "{code}");
        }
    }
}
