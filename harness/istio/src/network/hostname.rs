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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_keeps_what_was_known_and_an_empty_answer_does_not() {
        let before = ["1.1.1.1".to_owned()];
        assert_eq!(addresses(Lookup::Failure, &before).value, before);
        let empty = addresses(Lookup::Answer(Vec::new()), &before);
        assert_eq!((empty.value.len(), empty.because), (0, rules::EMPTY_ANSWER));
        let found = addresses(Lookup::Answer(vec!["2.2.2.2".to_owned()]), &before);
        assert_eq!(
            (found.value, found.because),
            (vec!["2.2.2.2".to_owned()], rules::RESOLVED)
        );
    }

    #[test]
    fn names_are_looked_up_again_between_half_a_minute_and_an_hour() {
        let after = |seconds| refresh_after(Duration::from_secs(seconds)).as_secs();
        assert_eq!([after(0), after(60), after(86_400)], [30, 60, 3600]);
    }
}
