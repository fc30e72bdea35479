//! Which group of a priority a request goes to, where group weights are honoured.

use crate::{Decision, envoy::rules};

/// A group of one priority.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weighed {
    /// The weight it was sent with; `None` gets no traffic.
    pub weight: Option<u32>,
    /// All its hosts.
    pub total: u32,
    /// Those that may be picked.
    pub available: u32,
}

/// How far available hosts are taken to make up for others.
const OVERPROVISIONING: f64 = 1.4;

/// The share of traffic of each group, adding up to 1, or all 0 if no group can take any.
pub fn shares(groups: &[Weighed]) -> Decision<Vec<f64>> {
    let weights: Vec<f64> = groups.iter().map(effective).collect();
    let total: f64 = weights.iter().sum();
    let share = |weight: &f64| if total > 0.0 { weight / total } else { 0.0 };
    Decision::new(weights.iter().map(share).collect(), rules::LOCALITY_WEIGHT)
}

fn effective(group: &Weighed) -> f64 {
    if group.total == 0 {
        return 0.0;
    }
    let available = f64::from(group.available) / f64::from(group.total);
    f64::from(group.weight.unwrap_or(0)) * (OVERPROVISIONING * available).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_short_of_hosts_gives_part_of_its_weight_away() {
        let group = |weight, available| Weighed {
            weight,
            total: 10,
            available,
        };
        let full = shares(&[group(Some(1), 10), group(Some(3), 8)]).value;
        assert_eq!(full, [0.25, 0.75]);
        let short = shares(&[group(Some(1), 10), group(Some(1), 5)]).value;
        assert!((short[1] - 0.7 / 1.7).abs() < 1e-12);
    }

    #[test]
    fn a_group_without_weight_or_hosts_gets_nothing() {
        let none = Weighed {
            weight: None,
            total: 3,
            available: 3,
        };
        let empty = Weighed {
            weight: Some(5),
            total: 0,
            available: 0,
        };
        assert_eq!(shares(&[none, empty]).value, [0.0, 0.0]);
    }
}
