//! Host names with a possible wildcard in front, and which rule is the most specific for one.

use super::rules;
use crate::{Decision, RuleId};

/// Whether a host begins with `*`.
pub fn is_wildcard(host: &str) -> bool {
    host.starts_with('*')
}

/// Whether every name that `host` stands for is one that `pattern` stands for.
pub fn is_covered_by(host: &str, pattern: &str) -> bool {
    match (host.strip_prefix('*'), pattern.strip_prefix('*')) {
        (_, None) => host == pattern,
        (None, Some(suffix)) => host.ends_with(suffix),
        (Some(host), Some(suffix)) => host.len() >= suffix.len() && host.ends_with(suffix),
    }
}

/// Whether two hosts have a name in common.
pub fn overlap(a: &str, b: &str) -> bool {
    is_covered_by(a, b) || is_covered_by(b, a)
}

/// The most specific of `rule_hosts` for `needle`, which may be a wildcard itself: an exact rule,
/// else the longest wildcard. A wildcard needle never matches a rule without one.
pub fn most_specific<'a>(
    rule_hosts: impl IntoIterator<Item = &'a str>,
    needle: &str,
) -> Decision<Option<&'a str>> {
    let mut best: Option<&str> = None;
    for host in rule_hosts {
        if host == needle {
            return Decision::new(Some(host), rules::HOST_EXACT);
        }
        if is_wildcard(host) && matches(needle, host) && best.is_none_or(|b| is_longer(host, b)) {
            best = Some(host);
        }
    }
    Decision::new(best, because(best))
}

fn matches(needle: &str, wildcard: &str) -> bool {
    let name = needle.strip_prefix('*').unwrap_or(needle);
    name.ends_with(&wildcard[1..])
}

/// Longer first; equal lengths in the order of the alphabet.
fn is_longer(host: &str, best: &str) -> bool {
    (best.len(), host) < (host.len(), best)
}

fn because(best: Option<&str>) -> RuleId {
    match best {
        Some(_) => rules::HOST_WILDCARD,
        None => rules::HOST_UNMATCHED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn best<'a>(hosts: &[&'a str], needle: &str) -> Option<&'a str> {
        most_specific(hosts.iter().copied(), needle).value
    }

    #[test]
    fn an_exact_rule_beats_every_wildcard_in_any_order() {
        let hosts = ["*.example.org", "a.b.example.org", "*.b.example.org"];
        let decision = most_specific(hosts, "a.b.example.org");
        assert_eq!(decision.value, Some("a.b.example.org"));
        assert_eq!(decision.because, rules::HOST_EXACT);
    }

    #[test]
    fn the_longest_wildcard_wins_in_any_order() {
        assert_eq!(best(&["*.org", "*.b.org", "*"], "a.b.org"), Some("*.b.org"));
        assert_eq!(best(&["*.b.org", "*", "*.org"], "a.b.org"), Some("*.b.org"));
    }

    #[test]
    fn a_wildcard_needs_something_in_front_of_its_dot() {
        assert_eq!(best(&["*.b.org"], "b.org"), None);
        assert_eq!(best(&["*b.org"], "b.org"), Some("*b.org"));
    }

    #[test]
    fn a_wildcard_is_matched_by_wildcards_only() {
        assert_eq!(best(&["a.b.org", "*.org"], "*.b.org"), Some("*.org"));
        assert_eq!(best(&["a.b.org"], "*.b.org"), None);
        assert_eq!(best(&["*.b.org"], "*b.org"), None);
    }

    #[test]
    fn the_reason_says_how_the_host_was_found() {
        assert_eq!(most_specific(["*"], "a").because, rules::HOST_WILDCARD);
        assert_eq!(most_specific(["b"], "a").because, rules::HOST_UNMATCHED);
    }

    #[test]
    fn covering_goes_one_way_and_overlapping_both() {
        assert!(is_covered_by("a.org", "*.org") && !is_covered_by("*.org", "a.org"));
        assert!(is_covered_by("*.b.org", "*.org") && !is_covered_by("*.org", "*.b.org"));
        assert!(is_covered_by("*.org", "*.org") && is_covered_by("a.org", "a.org"));
        assert!(!is_covered_by("a.org", "b.org"));
        assert!(overlap("*.org", "a.org") && overlap("a.org", "*.org"));
        assert!(!overlap("*.org", "a.net"));
    }
}
