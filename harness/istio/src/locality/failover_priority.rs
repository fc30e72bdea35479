//! Failover by labels: the longer the list of labels that agree, the nearer.

use std::collections::BTreeMap;

use crate::{
    Decision,
    endpoint::labels,
    locality::{compact, rules},
    version::mechanism::NetworkPriority,
};

/// The labels of a failoverPriority list with the values that endpoints are compared to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    labels: Vec<(String, String)>,
    network_first: bool,
}

impl Wanted {
    /// Reads a list of `name` or `name=value`; without a value the client's own label counts.
    /// `None` if the client has no labels, or the list is empty: nothing is split then.
    pub fn new(
        list: &[String],
        client_labels: &BTreeMap<String, String>,
        network: NetworkPriority,
    ) -> Option<Self> {
        if list.is_empty() || client_labels.is_empty() {
            return None;
        }
        let parsed: Vec<_> = list.iter().map(|text| parse(text)).collect();
        let fixed: BTreeMap<&str, &str> = parsed
            .iter()
            .filter_map(|(name, value)| Some((*name, (*value)?)))
            .collect();
        let resolve = |(name, _): &(&str, _)| {
            let own = || client_labels.get(*name).map(String::as_str);
            let value = fixed.get(name).copied().or_else(own);
            ((*name).to_owned(), value.unwrap_or_default().to_owned())
        };
        Some(Self {
            labels: parsed.iter().map(resolve).collect(),
            network_first: list[0] == labels::NETWORK && network == NetworkPriority::Preferred,
        })
    }

    /// How far an endpoint with these labels is; 0 if all agree. Where the list starts with a
    /// preferred network, endpoints of other networks come after all of the client's, in the same
    /// order; otherwise they all come last.
    pub fn score(&self, endpoint: &BTreeMap<String, String>) -> u32 {
        let count = self.labels.len();
        let differs = |(name, value): &(String, String)| {
            endpoint.get(name).map(String::as_str).unwrap_or_default() != value
        };
        let other_network = self.network_first && differs(&self.labels[0]);
        let from = usize::from(other_network);
        let first = self.labels[from..].iter().position(differs);
        let score = first.map_or(0, |i| count - from - i);
        (score + if other_network { count } else { 0 }) as u32
    }
}

/// `name` or `name=value`; anything with more parts is a name alone.
fn parse(text: &str) -> (&str, Option<&str>) {
    let parts: Vec<&str> = text.split('=').collect();
    match parts[..] {
        [name, value] => (name, Some(value)),
        _ => (parts[0], None),
    }
}

/// A group after it was split: which group it came from, which of its members it holds, and its
/// priority in the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Index of the group it came from.
    pub group: usize,
    /// Indices of its members in that group, in their order.
    pub members: Vec<usize>,
    /// Its priority, 0 first; without gaps over the whole cluster.
    pub priority: u32,
}

/// Splits every group by the scores of its members. A group without members yields no part.
pub fn split(scores: &[Vec<u32>]) -> Decision<Vec<Part>> {
    let mut parts: Vec<Part> = scores
        .iter()
        .enumerate()
        .flat_map(|(group, scores)| parts_of(group, scores))
        .collect();
    let raw: Vec<u32> = parts.iter().map(|part| part.priority).collect();
    for (part, priority) in parts.iter_mut().zip(compact(&raw)) {
        part.priority = priority;
    }
    Decision::new(parts, rules::LABEL_FAILOVER)
}

fn parts_of(group: usize, scores: &[u32]) -> impl Iterator<Item = Part> {
    let mut by_score: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (member, score) in scores.iter().enumerate() {
        by_score.entry(*score).or_default().push(member);
    }
    by_score.into_iter().map(move |(priority, members)| Part {
        group,
        members,
        priority,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        pairs.iter().map(owned).collect()
    }

    fn wanted(list: &[&str], client: &[(&str, &str)]) -> Option<Wanted> {
        let list: Vec<String> = list.iter().map(|text| (*text).to_owned()).collect();
        Wanted::new(&list, &map(client), NetworkPriority::Preferred)
    }

    #[test]
    fn the_first_label_that_differs_counts() {
        let wanted = wanted(&["a", "b", "c"], &[("a", "1"), ("b", "2")]).unwrap();
        let score = |endpoint: &[(&str, &str)]| wanted.score(&map(endpoint));
        assert_eq!(
            score(&[("a", "1"), ("b", "2")]),
            0,
            "missing on both sides agrees"
        );
        assert_eq!(score(&[("a", "1"), ("b", "2"), ("c", "3")]), 1);
        assert_eq!(score(&[("a", "1")]), 2);
        assert_eq!(score(&[("b", "2")]), 3);
    }

    #[test]
    fn another_network_comes_after_all_of_one_s_own_in_the_same_order() {
        let wanted = wanted(
            &[labels::NETWORK, "a"],
            &[(labels::NETWORK, "n"), ("a", "1")],
        )
        .unwrap();
        let score = |network, a| wanted.score(&map(&[(labels::NETWORK, network), ("a", a)]));
        assert_eq!(
            [
                score("n", "1"),
                score("n", "2"),
                score("m", "1"),
                score("m", "2")
            ],
            [0, 1, 2, 3]
        );
    }

    #[test]
    fn before_1_31_endpoints_of_other_networks_were_all_as_far() {
        let list = [labels::NETWORK.to_owned(), "a".to_owned()];
        let client = map(&[(labels::NETWORK, "n"), ("a", "1")]);
        let wanted = Wanted::new(&list, &client, NetworkPriority::Required).unwrap();
        let score = |network, a| wanted.score(&map(&[(labels::NETWORK, network), ("a", a)]));
        assert_eq!(
            [
                score("n", "1"),
                score("n", "2"),
                score("m", "1"),
                score("m", "2")
            ],
            [0, 1, 2, 2]
        );
    }

    #[test]
    fn a_fixed_value_stands_for_the_client_s_own() {
        let fixed = wanted(
            &["topology.istio.io/network=m", "a"],
            &[(labels::NETWORK, "n")],
        )
        .unwrap();
        assert_eq!(fixed.score(&map(&[(labels::NETWORK, "m")])), 0);
        assert_eq!(fixed.score(&map(&[(labels::NETWORK, "n")])), 2);
        let odd = wanted(&["a=b=c"], &[("a", "1")]).unwrap();
        assert_eq!(
            odd.score(&map(&[("a", "1")])),
            0,
            "three parts are a name alone"
        );
    }

    #[test]
    fn nothing_is_split_without_labels_or_list() {
        assert_eq!(wanted(&[], &[("a", "1")]), None);
        assert_eq!(wanted(&["a"], &[]), None);
    }
}
