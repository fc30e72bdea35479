//! Addresses that istiod gives the hosts of ServiceEntries which have none, so that a proxy that
//! captures DNS can tell them apart.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::Ipv4Addr,
};

use istio::kinds::{Object, ServiceEntry, service_entry::Resolution};
use sim::random::Seed;

/// The label by which a ServiceEntry does without.
const ENABLED: &str = "networking.istio.io/enable-autoallocate-ip";

/// The address of each host that was given one, by namespace, entry and host.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Allocated(BTreeMap<[String; 3], Ipv4Addr>);

impl Allocated {
    /// Gives addresses of 240.240.0.0/16, each drawn by the names of what gets it: entries that come
    /// and go leave the others their addresses, unless two would have had the same.
    pub(crate) fn to(entries: &[Object<ServiceEntry>]) -> Self {
        let named = entries.iter().filter(|entry| needs(entry)).flat_map(hosts);
        let named: BTreeSet<[String; 3]> = named.collect();
        let mut taken = BTreeSet::new();
        let given = named.into_iter().map(|name| {
            let free = drawn(&name).find(|number| taken.insert(*number));
            let number = free.expect("a mesh has fewer hosts than the range has addresses");
            (name, address(number))
        });
        Self(given.collect())
    }

    /// The address of a host of an entry.
    pub(crate) fn of(&self, entry: &Object<ServiceEntry>, host: &str) -> Option<String> {
        self.0.get(&name(entry, host)).map(ToString::to_string)
    }
}

/// Whether the hosts of an entry get addresses. Source:
/// pilot/pkg/networking/serviceentry/ip_autoallocation.go.
fn needs(entry: &Object<ServiceEntry>) -> bool {
    let label = entry.metadata.labels.get(ENABLED);
    let declined = label.is_some_and(|word| word.eq_ignore_ascii_case("false"));
    !declined && entry.spec.addresses.is_empty() && entry.spec.resolution != Resolution::None
}

/// A wildcard is no name that anybody could ask for.
fn hosts(entry: &Object<ServiceEntry>) -> impl Iterator<Item = [String; 3]> {
    let plain = entry.spec.hosts.iter().filter(|host| !host.contains('*'));
    plain.map(|host| name(entry, host))
}

fn name(entry: &Object<ServiceEntry>, host: &str) -> [String; 3] {
    let meta = &entry.metadata;
    [meta.namespace.clone(), meta.name.clone(), host.to_owned()]
}

/// Every number of the range, beginning with the one that a name draws.
fn drawn(name: &[String; 3]) -> impl Iterator<Item = usize> {
    const RANGE: usize = 1 << 16;
    // Equal in every run: whoever looks at two runs finds the same addresses.
    let first = Seed(0).below(name.join("/"), RANGE);
    (0..RANGE).map(move |step| (first + step) % RANGE)
}

fn address(number: usize) -> Ipv4Addr {
    let number = u16::try_from(number).expect("a number of the range");
    let [high, low] = number.to_be_bytes();
    Ipv4Addr::new(240, 240, high, low)
}

#[cfg(test)]
mod tests {
    use istio::kinds::Metadata;
    use serde_json::{Value, json};

    use super::*;

    fn entry(name: &str, spec: Value) -> Object<ServiceEntry> {
        Object {
            metadata: Metadata {
                name: name.to_owned(),
                namespace: "shop".to_owned(),
                ..Metadata::default()
            },
            spec: serde_json::from_value(spec).unwrap(),
        }
    }

    #[test]
    fn a_host_keeps_its_address_when_others_come() {
        let one = entry(
            "one",
            json!({"hosts": ["a.example"], "resolution": "STATIC"}),
        );
        let two = entry("two", json!({"hosts": ["b.example"], "resolution": "DNS"}));
        let alone = Allocated::to(std::slice::from_ref(&one));
        let both = Allocated::to(&[two.clone(), one.clone()]);
        let given = alone.of(&one, "a.example");
        assert!(given.as_ref().unwrap().starts_with("240.240."), "{given:?}");
        assert_eq!(both.of(&one, "a.example"), given);
        assert_ne!(both.of(&two, "b.example"), given);
    }

    #[test]
    fn who_has_an_address_or_resolves_nothing_or_declines_gets_none() {
        let mut declining = entry("d", json!({"hosts": ["d.example"], "resolution": "STATIC"}));
        let labels = &mut declining.metadata.labels;
        labels.insert(ENABLED.to_owned(), "False".to_owned());
        let all = [
            declining,
            entry(
                "a",
                json!({"hosts": ["a.example"], "addresses": ["240.0.0.1"], "resolution": "STATIC"}),
            ),
            entry("n", json!({"hosts": ["n.example"], "resolution": "NONE"})),
            entry("w", json!({"hosts": ["*.example"], "resolution": "DNS"})),
        ];
        assert_eq!(Allocated::to(&all), Allocated::default());
    }
}
