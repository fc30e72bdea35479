//! What the principals of an AuthorizationPolicy stand for in a mesh of several trust domains.
//!
//! A principal is `TRUST_DOMAIN/ns/NAMESPACE/sa/ACCOUNT` without a scheme; `*` may stand at its
//! beginning or end.

use super::{TrustDomains, rules};
use crate::Decision;

/// The trust domain that means "the mesh's own, whatever it is called".
const LOCAL_DOMAIN: &str = "cluster.local";

/// How many parts a principal has that names a trust domain.
const PARTS: usize = 5;

/// Whether a principal demands a certain trust domain. A principal of another form names none.
pub fn pins_trust_domain(principal: &str) -> Decision<bool> {
    Decision::new(
        pinned_domain(principal).is_some(),
        rules::PRINCIPAL_PINS_DOMAIN,
    )
}

/// The principals that the written ones stand for, in order. One that names a domain of the mesh,
/// or `cluster.local`, stands for itself in every domain of the mesh; all others stand for
/// themselves.
pub fn expand_principals(written: &[String], mesh: &TrustDomains) -> Decision<Vec<String>> {
    let expanded = written.iter().flat_map(|principal| expand(principal, mesh));
    Decision::new(expanded.collect(), rules::PRINCIPAL_ALIASES)
}

fn expand(principal: &str, mesh: &TrustDomains) -> Vec<String> {
    match pinned_domain(principal) {
        Some(domain) if domain == LOCAL_DOMAIN || mesh.all().any(|own| alike(domain, own)) => {
            in_every_domain(principal, domain, mesh)
        }
        _ => vec![principal.to_owned()],
    }
}

fn pinned_domain(principal: &str) -> Option<&str> {
    let domain = principal.split('/').next().unwrap_or_default();
    let complete = principal.split('/').count() == PARTS;
    (complete && domain != "*").then_some(domain)
}

fn in_every_domain(principal: &str, domain: &str, mesh: &TrustDomains) -> Vec<String> {
    let workload = &principal[domain.len()..];
    let mut principals: Vec<String> = Vec::new();
    for own in mesh.all() {
        // A pattern that already covers this domain is kept, or it would be narrowed to it.
        let one = match ends_like(own, domain) {
            true => principal.to_owned(),
            false => format!("{own}{workload}"),
        };
        if !principals.contains(&one) {
            principals.push(one);
        }
    }
    principals
}

/// Whether one covers the other; either may be a pattern with `*` at its beginning or end.
fn alike(a: &str, b: &str) -> bool {
    a == b || begins_like(a, b) || begins_like(b, a) || ends_like(a, b) || ends_like(b, a)
}

fn begins_like(text: &str, pattern: &str) -> bool {
    let prefix = pattern.strip_suffix('*');
    prefix.is_some_and(|prefix| text.starts_with(prefix))
}

fn ends_like(text: &str, pattern: &str) -> bool {
    let suffix = pattern.strip_prefix('*');
    suffix.is_some_and(|suffix| text.ends_with(suffix))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(principal: &str, own: &str, aliases: &[&str]) -> Vec<String> {
        let mesh = TrustDomains {
            own: own.to_owned(),
            aliases: aliases.iter().map(|a| (*a).to_owned()).collect(),
        };
        expand_principals(&[principal.to_owned()], &mesh).value
    }

    #[test]
    fn a_principal_of_the_mesh_counts_in_every_domain_of_it() {
        for written in ["east", "west", "cluster.local"] {
            assert_eq!(
                expanded(&format!("{written}/ns/shop/sa/cart"), "east", &["west"]),
                ["east/ns/shop/sa/cart", "west/ns/shop/sa/cart"],
                "{written}"
            );
        }
    }

    #[test]
    fn a_principal_of_a_foreign_domain_counts_in_that_domain_only() {
        let foreign = "partner/ns/shop/sa/cart";
        assert_eq!(expanded(foreign, "east", &["west"]), [foreign]);
    }

    #[test]
    fn a_pattern_over_the_domain_is_kept_for_what_it_covers_and_added_for_the_rest() {
        assert_eq!(
            expanded("*-east/ns/shop/sa/cart", "new-east", &["old-east", "west"]),
            ["*-east/ns/shop/sa/cart", "west/ns/shop/sa/cart"]
        );
        assert_eq!(
            expanded("ea*/ns/shop/sa/cart", "east", &["west"]),
            ["east/ns/shop/sa/cart", "west/ns/shop/sa/cart"]
        );
    }

    #[test]
    fn a_principal_of_any_or_no_domain_stays_as_it_is() {
        for free in ["*", "*/ns/shop/sa/cart", "*/sa/cart", "ns/shop/sa/cart"] {
            assert_eq!(expanded(free, "east", &["west"]), [free]);
            assert!(!pins_trust_domain(free).value, "{free}");
        }
    }

    #[test]
    fn an_alias_that_is_a_pattern_covers_the_domains_it_matches() {
        assert_eq!(
            expanded("a-west/ns/shop/sa/cart", "east", &["*-west"]),
            ["east/ns/shop/sa/cart", "*-west/ns/shop/sa/cart"]
        );
    }
}
