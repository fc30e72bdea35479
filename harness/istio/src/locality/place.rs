//! Where something is, as Istio keeps it: a text of which any part may be missing.

use std::{fmt, sync::Arc};

use crate::{Decision, locality::rules};

/// A locality as it is written, for example `region/zone/subzone`, `region1//` or nothing.
///
/// Groups of endpoints are keyed by this text, so `r/z` and `r/z/` are two groups in one place.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct LocalityLabel(Option<Arc<str>>);

/// Region, zone and subzone; each may be empty.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Place<'a> {
    /// The region.
    pub region: &'a str,
    /// The zone.
    pub zone: &'a str,
    /// The subzone.
    pub subzone: &'a str,
}

impl LocalityLabel {
    /// The text as written.
    pub fn as_str(&self) -> &str {
        self.0.as_deref().unwrap_or_default()
    }

    /// The parts of the text.
    pub fn place(&self) -> Place<'_> {
        Place::of(self.as_str())
    }
}

impl From<&str> for LocalityLabel {
    fn from(text: &str) -> Self {
        Self((!text.is_empty()).then(|| Arc::from(text)))
    }
}

impl fmt::Display for LocalityLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for LocalityLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

impl<'a> Place<'a> {
    /// Splits a text at its slashes; what comes after the third part is ignored.
    pub fn of(text: &'a str) -> Self {
        let mut parts = text.split('/');
        let mut part = || parts.next().unwrap_or_default();
        Self {
            region: part(),
            zone: part(),
            subzone: part(),
        }
    }

    /// Whether the pattern of a distribute rule matches this place.
    pub fn matches(self, pattern: &str) -> Decision<bool> {
        let pattern = Place::of(pattern);
        let region = pattern.region == "*" || pattern.region == self.region;
        let part = |pattern: &str, own: &str| matches!(pattern, "*" | "") || pattern == own;
        let value = region && part(pattern.zone, self.zone) && part(pattern.subzone, self.subzone);
        Decision::new(value, rules::RULE_MATCH)
    }

    /// How far `other` is: 0 in the same subzone, 1 zone, 2 region, 3 elsewhere. Missing parts
    /// are compared as empty texts.
    pub(crate) fn distance(self, other: Place<'_>) -> u32 {
        match other {
            Place { region, .. } if region != self.region => 3,
            Place { zone, .. } if zone != self.zone => 2,
            Place { subzone, .. } if subzone != self.subzone => 1,
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_is_counted_from_the_region_down() {
        let here = Place::of("r/z/s");
        let to = |text: &'static str| here.distance(Place::of(text));
        assert_eq!(
            [
                to("r/z/s"),
                to("r/z/t"),
                to("r/z"),
                to("r/y/s"),
                to("q/z/s")
            ],
            [0, 1, 1, 2, 3]
        );
        assert_eq!(Place::of("").distance(Place::of("")), 0);
    }

    #[test]
    fn patterns_match_part_by_part() {
        let matches = |place: &'static str, pattern| Place::of(place).matches(pattern).value;
        assert!(matches("r/z/s", "*") && matches("r/z/s", "r") && matches("r/z/s", "r/*/s"));
        assert!(!matches("r/z/s", "q") && !matches("r/z/s", "r/y/*"));
        assert!(!matches("r/z/s", "r/z/t") && !matches("", "r") && !matches("r", "r/z"));
    }
}
