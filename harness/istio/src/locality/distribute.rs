//! Traffic shared out over localities by percentage.

use crate::{
    Decision,
    kinds::locality_lb::Distribute,
    locality::{Place, rules},
};

/// What a group holds before it is shared out.
#[derive(Debug, Clone, Copy)]
pub struct Weighed<'a> {
    /// Where it is.
    pub place: Place<'a>,
    /// Its weight; `None` counts as 1.
    pub weight: Option<u32>,
}

/// The weight of each group, or `None` where the group loses its endpoints because no entry of
/// the rule in force names it. The first rule from the client's locality is in force.
///
/// Where two entries match a group, the first in the order of their text takes it; Istio leaves
/// the choice open and its validation refuses such rules.
pub fn weights(
    client: Place<'_>,
    groups: &[Weighed<'_>],
    rules_of_user: &[Distribute],
) -> Decision<Vec<Option<u32>>> {
    let in_force = |rule: &&Distribute| client.matches(&rule.from).value;
    let Some(rule) = rules_of_user.iter().find(in_force) else {
        let unchanged = groups.iter().map(|group| Some(weight_of(group)));
        return Decision::new(unchanged.collect(), rules::DISTRIBUTE_NO_MATCH);
    };
    let mut shares = vec![None; groups.len()];
    for (pattern, percent) in &rule.to {
        share_out(groups, pattern, *percent, &mut shares);
    }
    Decision::new(shares, rules::DISTRIBUTE)
}

fn weight_of(group: &Weighed<'_>) -> u32 {
    group.weight.unwrap_or(1)
}

/// Divides `percent` over the groups that `pattern` names and nothing named before.
fn share_out(groups: &[Weighed<'_>], pattern: &str, percent: u32, shares: &mut [Option<u32>]) {
    let free = |i: &usize| shares[*i].is_none() && groups[*i].place.matches(pattern).value;
    let named: Vec<usize> = (0..groups.len()).filter(free).collect();
    // Both wrap, as Istio's 32-bit arithmetic does.
    let total = named
        .iter()
        .fold(0u32, |sum, &i| sum.wrapping_add(weight_of(&groups[i])));
    for i in named {
        let own = weight_of(&groups[i]);
        let share = f64::from(own.wrapping_mul(percent)) / f64::from(total);
        // A share of nothing leaves the weight as it was.
        shares[i] = Some(if share > 0.0 {
            share.ceil() as u32
        } else {
            own
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locality::LocalityLabel;

    #[test]
    fn a_share_of_nothing_leaves_the_weight_and_any_other_is_rounded_up() {
        let [near, far] = ["r1/z1", "r2/z1"].map(LocalityLabel::from);
        let group = |label: &'static str, weight| Weighed {
            place: match label {
                "near" => near.place(),
                _ => far.place(),
            },
            weight: Some(weight),
        };
        let rule = Distribute {
            from: "*".to_owned(),
            to: [("r1/*".to_owned(), 100), ("r2/*".to_owned(), 0)].into(),
        };
        let groups = [group("near", 1), group("near", 2), group("far", 7)];
        let shares = weights(near.place(), &groups, &[rule]).value;
        assert_eq!(shares, [Some(34), Some(67), Some(7)]);
    }
}
