//! How a host in a VirtualService or DestinationRule becomes a full name.

use std::net::IpAddr;

use super::rules;
use crate::Decision;

/// The full name of `host` as written in an object of `namespace`, in a mesh whose services end in
/// `domain`. Empty namespace or domain means that this part is not added.
pub fn full_host(host: &str, namespace: &str, domain: &str) -> Decision<String> {
    if is_complete(host) {
        return Decision::new(host.to_owned(), rules::FULL_NAME);
    }
    let mut full = host.to_owned();
    if !namespace.is_empty() {
        full.push('.');
        full.push_str(namespace);
    }
    if !domain.is_empty() {
        full.push_str(".svc.");
        full.push_str(domain);
    }
    Decision::new(full, rules::SHORT_NAME)
}

fn is_complete(host: &str) -> bool {
    host.is_empty() || host == "*" || host.contains('.') || host.parse::<IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_without_a_dot_is_completed_in_the_namespace_of_its_object() {
        let full = full_host("cart", "shop", "mesh.example");
        assert_eq!(full.value, "cart.shop.svc.mesh.example");
        assert_eq!(full.because, rules::SHORT_NAME);
        assert_eq!(full_host("cart", "shop", "").value, "cart.shop");
        assert_eq!(
            full_host("cart", "", "mesh.example").value,
            "cart.svc.mesh.example"
        );
    }

    #[test]
    fn service_dot_namespace_addresses_and_wildcards_stay_as_they_are() {
        for host in ["cart.shop", "*", "*.shop", "10.0.0.1", "fd00::1", ""] {
            let full = full_host(host, "shop", "mesh.example");
            assert_eq!(
                (full.value.as_str(), full.because),
                (host, rules::FULL_NAME)
            );
        }
    }
}
