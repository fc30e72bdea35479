//! Which virtual service a host belongs to.

use std::collections::BTreeMap;

use crate::{
    Decision,
    kinds::{Object, VirtualService},
    routing::{host::most_specific, rules, short_name::full_host},
};

/// The virtual service that sidecars read for a host, of those they see, in their order: the one
/// for the most specific host, and of several for the same host the first; the others are ignored.
pub fn owner_of<'a>(
    visible: &[&'a Object<VirtualService>],
    host: &str,
    domain: &str,
) -> Decision<Option<&'a Object<VirtualService>>> {
    let mut by_host: BTreeMap<String, &Object<VirtualService>> = BTreeMap::new();
    for service in visible {
        for written in &service.spec.hosts {
            let full = full_host(written, &service.metadata.namespace, domain).value;
            by_host.entry(full).or_insert(service);
        }
    }
    let best = most_specific(by_host.keys().map(String::as_str), host).value;
    let owner = best.and_then(|best| by_host.get(best)).copied();
    let because = match owner {
        Some(_) => rules::ROUTE_OWNER,
        None => rules::ROUTE_DEFAULT,
    };
    Decision::new(owner, because)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::Metadata;

    fn service(name: &str, hosts: &[&str]) -> Object<VirtualService> {
        Object {
            metadata: Metadata {
                name: name.to_owned(),
                namespace: "shop".to_owned(),
                ..Metadata::default()
            },
            spec: VirtualService {
                hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
                ..VirtualService::default()
            },
        }
    }

    #[test]
    fn the_most_specific_host_owns_and_of_equals_the_first() {
        let all = [
            service("wide", &["*.cluster.local"]),
            service("first", &["cart"]),
            service("second", &["cart.shop.svc.cluster.local", "pay"]),
        ];
        let visible: Vec<_> = all.iter().collect();
        let owner = |host| {
            let owner = owner_of(&visible, host, "cluster.local");
            (owner.value.map(|o| o.metadata.name.as_str()), owner.because)
        };
        assert_eq!(
            owner("cart.shop.svc.cluster.local"),
            (Some("first"), rules::ROUTE_OWNER)
        );
        assert_eq!(owner("pay.shop.svc.cluster.local").0, Some("second"));
        assert_eq!(owner("x.shop.svc.cluster.local").0, Some("wide"));
        assert_eq!(owner("example.org"), (None, rules::ROUTE_DEFAULT));
    }
}
