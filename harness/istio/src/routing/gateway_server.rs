//! Which hosts of which virtual services a server of a Gateway serves.

use super::{
    host::{is_covered_by, overlap},
    rules,
};
use crate::Decision;

/// The name `namespace/name` of a gateway that an object of `namespace` names.
pub fn full_gateway(written: &str, namespace: &str) -> Decision<String> {
    let full = match (written.split_once('/'), written.split_once('.')) {
        (Some((".", name)), _) => format!("{namespace}/{name}"),
        (Some(_), _) => written.to_owned(),
        // A form of the past: the gateway as if it were a Service's host.
        (None, Some((name, rest))) => {
            let other = rest.split('.').next().unwrap_or_default();
            format!("{other}/{name}")
        }
        (None, None) if written == crate::visibility::MESH_GATEWAY => written.to_owned(),
        (None, None) => format!("{namespace}/{written}"),
    };
    Decision::new(full, rules::GATEWAY_NAME)
}

/// The hosts for which a server serves the requests of a virtual service: those both name, the
/// narrower one of two that overlap. `server` is given as written in a Gateway of a namespace.
pub fn shared_hosts<'a>(
    server: (&'a [String], &str),
    service: (&'a [String], &str),
) -> Decision<Vec<&'a str>> {
    let admitted: Vec<&str> = admitted(server, service.1).collect();
    let mut shared: Vec<&str> = Vec::new();
    for host in service.0.iter().map(String::as_str) {
        for own in admitted.iter().copied().filter(|own| overlap(own, host)) {
            let narrower = if is_covered_by(host, own) { host } else { own };
            if !shared.contains(&narrower) {
                shared.push(narrower);
            }
        }
    }
    Decision::new(shared, rules::GATEWAY_HOSTS)
}

/// Whether a server that passes TLS on reads a virtual service at all: whether one of its hosts
/// covers one of the virtual service's.
pub fn passes_on(server: (&[String], &str), service: (&[String], &str)) -> Decision<bool> {
    let mut admitted = admitted(server, service.1);
    let covers = |own: &str| service.0.iter().any(|host| is_covered_by(host, own));
    Decision::new(admitted.any(covers), rules::GATEWAY_HOSTS)
}

/// The hosts of a server that virtual services of a namespace may have, without namespaces.
fn admitted<'a>(
    (written, gateway): (&'a [String], &str),
    service: &str,
) -> impl Iterator<Item = &'a str> {
    written.iter().filter_map(move |host| {
        let Some((namespace, host)) = host.split_once('/') else {
            return Some(host.as_str());
        };
        let admits = match namespace {
            "*" => true,
            "." => gateway == service,
            other => other == service,
        };
        admits.then_some(host)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    fn shared(server: &[&str], service: &[&str]) -> Vec<String> {
        let (server, service) = (texts(server), texts(service));
        let shared = shared_hosts((&server, "edge"), (&service, "shop")).value;
        texts(&shared)
    }

    #[test]
    fn a_gateway_s_name_is_completed_with_the_namespace_of_who_names_it() {
        for (written, full) in [
            ("public", "shop/public"),
            ("./public", "shop/public"),
            ("edge/public", "edge/public"),
            ("public.edge", "edge/public"),
            ("public.edge.svc.cluster.local", "edge/public"),
            ("mesh", "mesh"),
        ] {
            assert_eq!(full_gateway(written, "shop").value, full, "{written}");
        }
    }

    #[test]
    fn the_narrower_host_of_two_that_overlap_is_served() {
        assert_eq!(shared(&["*.org"], &["a.org", "b.net"]), ["a.org"]);
        assert_eq!(shared(&["a.org", "b.org"], &["*"]), ["a.org", "b.org"]);
        assert_eq!(shared(&["*"], &["*"]), ["*"]);
    }

    #[test]
    fn a_namespace_before_a_host_admits_virtual_services_of_that_namespace() {
        assert_eq!(shared(&["shop/*"], &["a.org"]), ["a.org"]);
        assert_eq!(shared(&["*/*"], &["a.org"]), ["a.org"]);
        assert!(shared(&["./*"], &["a.org"]).is_empty());
        assert!(shared(&["other/*"], &["a.org"]).is_empty());
    }

    #[test]
    fn tls_is_passed_on_only_where_the_server_s_host_covers_the_service_s() {
        let passes = |server: &[&str], service: &[&str]| {
            passes_on((&texts(server), "edge"), (&texts(service), "edge")).value
        };
        assert!(passes(&["*.org"], &["a.org"]));
        assert!(passes(&["./*"], &["*"]));
        assert!(!passes(&["a.org"], &["*.org"]));
        assert!(!passes(&["shop/*"], &["a.org"]));
    }
}
