//! Which server a client accepts: secure naming.

use std::collections::BTreeSet;

use super::{SpiffeId, rules};
use crate::Decision;

/// The names a client accepts of a server whose service accounts are `sans`, in a mesh of these
/// trust domains. What is no SPIFFE identity is kept as it is, and so is every original name.
pub fn expand_sans(
    sans: &BTreeSet<String>,
    trust_domains: &[String],
) -> Decision<BTreeSet<String>> {
    let mut expanded = sans.clone();
    for id in sans.iter().filter_map(|san| san.parse::<SpiffeId>().ok()) {
        let aliases = trust_domains.iter();
        expanded.extend(aliases.map(|domain| id.in_trust_domain(domain).to_string()));
    }
    Decision::new(expanded, rules::SAN_EXPANSION)
}

/// Whether a server that presents `name` is one that the client accepts. A client that knows no
/// name for the service checks the chain of trust only.
pub fn server_is_named(name: &str, accepted: &BTreeSet<String>) -> Decision<bool> {
    let named = accepted.is_empty() || accepted.contains(name);
    Decision::new(named, rules::SECURE_NAMING)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn an_identity_counts_in_every_trust_domain_of_the_mesh() {
        let sans = set(&["spiffe://a/ns/shop/sa/cart"]);
        let accepted = expand_sans(&sans, &["b".to_owned()]).value;
        assert_eq!(
            accepted,
            set(&["spiffe://a/ns/shop/sa/cart", "spiffe://b/ns/shop/sa/cart"])
        );
    }

    #[test]
    fn a_name_that_is_no_identity_stays_as_it_is() {
        let sans = set(&["cart.example", "spiffe://a/other"]);
        assert_eq!(expand_sans(&sans, &["b".to_owned()]).value, sans);
    }

    #[test]
    fn a_server_under_another_name_is_refused_unless_no_name_is_known() {
        assert!(server_is_named("a", &set(&["a", "b"])).value);
        assert!(!server_is_named("c", &set(&["a", "b"])).value);
        assert!(server_is_named("c", &set(&[])).value);
    }
}
