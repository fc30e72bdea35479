//! When TCP tries again and when it gives up: Linux' defaults, as pure numbers.

use std::time::Duration;

/// How long a connection attempt waits for its first answer before it asks again; each further
/// wait is twice as long. Source: RFC 6298 §2.1, Linux `TCP_TIMEOUT_INIT`.
const SYN_WAIT: Duration = Duration::from_secs(1);
/// How often it asks again. Source: Linux `net.ipv4.tcp_syn_retries`.
const SYN_RETRIES: u32 = 6;
/// The shortest wait for an acknowledgement. Source: Linux `TCP_RTO_MIN`.
const RTO_MIN: Duration = Duration::from_millis(200);
/// The longest. Source: Linux `TCP_RTO_MAX`.
const RTO_MAX: Duration = Duration::from_secs(120);
/// How often data is sent again. Source: Linux `net.ipv4.tcp_retries2`.
const DATA_RETRIES: u32 = 15;
/// How long an idle connection lives whose peer is silent: two hours and nine probes. Source:
/// Linux `net.ipv4.tcp_keepalive_*`.
pub const KEEPALIVE: Duration = Duration::from_secs(7200 + 9 * 75);

/// The waits of a connection attempt, one after each packet sent: 1, 2, 4 … s, 127 s in all.
pub fn connect_waits() -> impl Iterator<Item = Duration> {
    (0..=SYN_RETRIES).map(|n| SYN_WAIT * 2_u32.pow(n))
}

/// The waits of data in flight over a path with this round trip, one after each packet sent:
/// 200 ms, doubled up to 120 s, some 15 min in all.
pub fn data_waits(round_trip: Duration) -> impl Iterator<Item = Duration> {
    let first = RTO_MIN + round_trip;
    (0..=DATA_RETRIES).map(move |n| (first * 2_u32.pow(n.min(10))).min(RTO_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_attempt_gives_up_after_127_seconds() {
        assert_eq!(connect_waits().sum::<Duration>(), Duration::from_secs(127));
    }

    #[test]
    fn data_is_given_up_after_the_924_seconds_of_linux_documentation() {
        let all: Duration = data_waits(Duration::ZERO).sum();
        assert_eq!(all, Duration::from_millis(924_600));
    }
}
