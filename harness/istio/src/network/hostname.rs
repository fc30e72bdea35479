//! Gateways known by host name: istiod resolves the name itself.

use std::time::Duration;

use crate::{Decision, network::rules};

/// The shortest and the longest time after which a name is looked up again.
pub const REFRESH: std::ops::RangeInclusive<Duration> =
    Duration::from_secs(30)..=Duration::from_secs(3600);

/// What a lookup came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    /// An answer with these addresses, of both families; possibly none.
    Answer(Vec<String>),
    /// No server answered.
    Failure,
}

/// The addresses that a host-name gateway stands for after a lookup, given those before it.
pub fn addresses(lookup: Lookup, before: &[String]) -> Decision<Vec<String>> {
    match lookup {
        Lookup::Failure => Decision::new(before.to_vec(), rules::LOOKUP_FAILED),
        Lookup::Answer(none) if none.is_empty() => Decision::new(none, rules::EMPTY_ANSWER),
        Lookup::Answer(found) => Decision::new(found, rules::RESOLVED),
    }
}

/// When a name with records of these times to live is looked up again.
pub fn refresh_after(shortest_ttl: Duration) -> Duration {
    shortest_ttl.clamp(*REFRESH.start(), *REFRESH.end())
}
