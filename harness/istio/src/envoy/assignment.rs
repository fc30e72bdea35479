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
    pub host: Host,
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
            host: host.clone(),
        })
    });
    let first = sent.filter(|kept| seen.insert(kept.address()));
    Decision::new(first.collect(), rules::DUPLICATE_ADDRESS)
}
