//! The hosts that Envoy keeps of those it was sent.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    Decision,
    endpoint::{Group, Host},
    envoy::rules,
};

/// Address and port: what makes a host one host.
pub type Address = (Arc<str>, u16);

/// A host that Envoy keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The group it is in: its index among the groups that were sent.
    pub group: usize,
    /// The priority of that group.
    pub priority: u32,
    /// The host.
    pub host: Arc<Host>,
}

impl Kept {
    /// What makes it one host.
    pub fn address(&self) -> Address {
        (self.host.address.clone(), self.host.port)
    }
}

/// The hosts that Envoy keeps, in the order in which they were sent: of hosts with one address
/// and port only the first. A gateway whose pods are in several localities therefore counts in the
/// first of these groups alone, with the weight and the priority it has there.
pub fn kept(groups: &[Group]) -> Decision<Vec<Kept>> {
    let mut seen = BTreeSet::new();
    let sent = groups.iter().enumerate().flat_map(|(index, group)| {
        group.hosts.iter().map(move |host| Kept {
            group: index,
            priority: group.priority,
            host: Arc::clone(host),
        })
    });
    let first = sent.filter(|kept| seen.insert(kept.address()));
    Decision::new(first.collect(), rules::DUPLICATE_ADDRESS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{endpoint::Reached, network};

    fn group(priority: u32, addresses: &[(&str, u16)]) -> Group {
        let host = |&(address, port): &(&str, u16)| {
            Arc::new(Host {
                address: address.into(),
                port,
                weight: 1,
                healthy: true,
                mtls: true,
                reached: Reached::Directly(0),
                because: network::rules::DIRECT,
            })
        };
        Group {
            locality: "".into(),
            priority,
            weight: Some(1),
            hosts: addresses.iter().map(host).collect(),
        }
    }

    #[test]
    fn only_the_first_of_equal_addresses_is_kept_even_at_a_worse_priority() {
        let groups = [
            group(1, &[("gw", 1), ("a", 1)]),
            group(0, &[("gw", 1), ("gw", 2)]),
        ];
        let kept = kept(&groups).value;
        let kept: Vec<_> = kept
            .iter()
            .map(|kept| (kept.group, kept.priority, kept.address()))
            .collect();
        let address = |name: &str, port| (Arc::from(name), port);
        assert_eq!(
            kept,
            [
                (0, 1, address("gw", 1)),
                (0, 1, address("a", 1)),
                (1, 0, address("gw", 2)),
            ]
        );
    }
}
