//! Retry policies.

use istio::{
    kinds::HttpRetry,
    routing::{RetryPolicy, retry},
    version::mechanism::InboundRetries,
};
use serde::Deserialize;
use serde_json::Value;

use crate::case::Case;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    side: Side,
    retries: Option<Retries>,
    #[serde(default, alias = "hash_policy")]
    consistent_hash: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Side {
    Outbound,
    Inbound,
}

/// A route's retries, with durations in seconds.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Retries {
    attempts: i32,
    retry_on: Option<String>,
    per_try_timeout_seconds: Option<f64>,
    backoff_seconds: Option<f64>,
    retry_remote_localities: Option<bool>,
    retry_ignore_previous_hosts: Option<bool>,
}

impl Retries {
    fn written(self) -> Result<HttpRetry, String> {
        let seconds = |seconds: Option<f64>| {
            let text = seconds.map(|seconds| format!("{seconds}s").parse());
            text.transpose().map_err(|e| format!("not a duration: {e}"))
        };
        Ok(HttpRetry {
            attempts: self.attempts,
            per_try_timeout: seconds(self.per_try_timeout_seconds)?,
            retry_on: self.retry_on,
            retry_remote_localities: self.retry_remote_localities,
            retry_ignore_previous_hosts: self.retry_ignore_previous_hosts,
            backoff: seconds(self.backoff_seconds)?,
        })
    }
}

pub(crate) fn retry_policy(case: &mut Case<'_>) -> Result<(), String> {
    let input: Input = case.input()?;
    let written = input.retries.map(Retries::written).transpose()?;
    let policy = match input.side {
        Side::Outbound => retry::outbound(written.as_ref(), input.consistent_hash),
        Side::Inbound => retry::inbound(written.as_ref(), InboundRetries::FromMesh),
    };
    match (case.expected("policy"), policy.value) {
        (Some(Value::Object(expected)), Some(policy)) => expected
            .iter()
            .try_for_each(|(key, expected)| compare(case, key, expected, &policy)),
        (expected, policy) => {
            let agree = expected.is_some_and(Value::is_null) && policy.is_none();
            case.hold(agree, || {
                format!("policy: expected {expected:?}, came out {policy:?}")
            });
            Ok(())
        }
    }
}

/// Compares one field; vectors state only those that Istio's test asserts.
fn compare(
    case: &mut Case<'_>,
    key: &str,
    expected: &Value,
    policy: &RetryPolicy,
) -> Result<(), String> {
    let seconds = |duration: Option<std::time::Duration>| {
        Value::from(duration.map(|duration| duration.as_secs_f64()))
    };
    let actual = match key {
        "num_retries" => policy.attempts.into(),
        "retry_on" => policy.retry_on.join(",").into(),
        "retriable_status_codes" => policy.retriable_status_codes.clone().into(),
        "per_try_timeout_seconds" => seconds(policy.per_try_timeout),
        "backoff_base_seconds" => seconds(policy.backoff),
        "avoid_previous_hosts" => policy.avoid_previous_hosts.into(),
        "host_selection_retry_max_attempts"
        | "host_selection_max_attempts"
        | "host_selection_attempts" => policy.host_selection_attempts.into(),
        "retry_remote_localities"
        | "remote_localities"
        | "retry_priority"
        | "previous_priorities" => match expected.is_null() {
            true => Value::from((policy.other_localities).then_some(true)),
            false => policy.other_localities.into(),
        },
        unknown => {
            return Err(format!(
                "no check knows the field '{unknown}' of a retry policy"
            ));
        }
    };
    case.same(key, expected, &actual);
    Ok(())
}
