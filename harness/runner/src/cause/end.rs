//! Where a try of a call came to nothing, as its stations tell it.

use world::Hop;

/// The rule by which a station says that it came to nothing.
const FAILURE: &str = "routing/failure";
/// The rule by which a gateway stands for what is behind it.
const GATEWAY: &str = "split-horizon/gateway-weight";

/// The gateway that was tried, and the last words before it came to nothing.
pub(super) fn of_a_try(hops: &[Hop]) -> Option<String> {
    const LAST_WORDS: usize = 2;
    let is_by = |rule| move |hop: &Hop| hop.because.as_ref().is_some_and(|by| by.as_str() == rule);
    let end = hops.iter().position(is_by(FAILURE))?;
    let picked = hops[..end].iter().rposition(is_by(GATEWAY));
    let since = picked.map_or(0, |picked| picked + 1);
    let last = since.max(end.saturating_sub(LAST_WORDS))..=end;
    let told = picked.into_iter().chain(last);
    let told: Vec<String> = told.map(|at| hops[at].decided.to_string()).collect();
    Some(told.join("; "))
}

#[cfg(test)]
mod tests {
    use istio::rule;
    use world::{Place, RuleId, Sentence};

    use super::*;

    fn hop(decided: &'static str, rule: &'static str) -> Hop {
        Hop {
            at: Place::Network("wire".into()),
            decided: Sentence::new(decided),
            because: Some(RuleId::new(rule)),
            in_vain: false,
        }
    }

    #[test]
    fn the_rules_that_are_looked_for_are_rules_of_istio() {
        for id in [FAILURE, GATEWAY] {
            assert!(rule::find(&RuleId::new(id)).is_some(), "{id}");
        }
    }

    #[test]
    fn a_try_that_ends_is_told_with_its_gateway_and_the_last_words() {
        let hops = [
            hop("the name is known", "dns/capture"),
            hop("10.0.0.1 stands for cluster2", GATEWAY),
            hop("it is connected to", "routing/host"),
            hop("the gateway opens a tunnel", "routing/host"),
            hop("nobody listens", "routing/host"),
            hop("no healthy upstream", FAILURE),
            hop("another one answers", "routing/host"),
        ];
        assert_eq!(
            of_a_try(&hops).unwrap(),
            "10.0.0.1 stands for cluster2; the gateway opens a tunnel; nobody listens; no healthy upstream"
        );
    }

    #[test]
    fn words_before_the_gateway_was_picked_are_no_part_of_the_try() {
        let hops = [
            hop("the name is known", "dns/capture"),
            hop("10.0.0.1 stands for cluster2", GATEWAY),
            hop("connection refused", FAILURE),
        ];
        let told = of_a_try(&hops).unwrap();
        assert_eq!(told, "10.0.0.1 stands for cluster2; connection refused");
    }

    #[test]
    fn a_call_that_goes_through_has_no_end_of_a_try() {
        assert_eq!(of_a_try(&[hop("it answers", "routing/host")]), None);
        assert_eq!(of_a_try(&[]), None);
    }
}
