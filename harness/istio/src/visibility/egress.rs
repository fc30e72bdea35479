//! What a Sidecar resource imports.

use super::rules;
use crate::{
    Decision,
    kinds::{Sidecar, sidecar::EgressListener},
    routing::host::{is_covered_by, is_wildcard, overlap},
    version::Mechanisms,
};

/// What of a service decides whether it is imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImportedService<'a> {
    /// Its namespace.
    pub namespace: &'a str,
    /// Its host.
    pub host: &'a str,
    /// The port that is asked for.
    pub port: u16,
}

/// How a listener's host speaks of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    Imported,
    Excluded,
    Silent,
}

/// Whether a proxy of `client_namespace` with this Sidecar resource imports a service. Whether
/// the service is exported to it is another question.
pub fn imports(
    sidecar: Option<&Sidecar>,
    client_namespace: &str,
    service: ImportedService<'_>,
    mechanisms: &Mechanisms,
) -> Decision<bool> {
    let excludes = mechanisms.excludes_in_sidecar.value;
    let Some(sidecar) = sidecar.filter(|sidecar| !sidecar.egress.is_empty()) else {
        return Decision::new(true, rules::SIDECAR_NONE);
    };
    let mut because = rules::EGRESS_NOT_IMPORTED;
    for listener in sidecar.egress.iter().filter(|l| fits_port(l, service.port)) {
        match word_of(listener, client_namespace, service, excludes) {
            Word::Imported => return Decision::new(true, rules::EGRESS_IMPORTED),
            Word::Excluded => because = rules::EGRESS_EXCLUDED,
            Word::Silent => {}
        }
    }
    Decision::new(false, because)
}

fn fits_port(listener: &EgressListener, port: u16) -> bool {
    let wanted = listener.port.as_ref().map_or(0, |wanted| wanted.number);
    wanted == 0 || wanted == port
}

fn word_of(
    listener: &EgressListener,
    client: &str,
    service: ImportedService<'_>,
    excludes: bool,
) -> Word {
    let mut word = Word::Silent;
    for written in &listener.hosts {
        match speaks_of(written, client, service) {
            Word::Excluded if !excludes => {}
            Word::Excluded => return Word::Excluded,
            Word::Imported => word = Word::Imported,
            Word::Silent => {}
        }
    }
    word
}

/// What one `namespace/host` says; `~` before the namespace takes out instead of in, where the
/// version knows that, and says nothing where it does not.
fn speaks_of(written: &str, client: &str, service: ImportedService<'_>) -> Word {
    let Some((scope, host)) = written.split_once('/') else {
        return Word::Silent;
    };
    let (excluded, scope) = match scope.strip_prefix('~') {
        Some("") => (true, "*"),
        Some(scope) => (true, scope),
        None => (false, scope),
    };
    let namespace = if scope == "." { client } else { scope };
    let said = (namespace == "*" || namespace == service.namespace) && matches(host, service.host);
    match (said, excluded) {
        (false, _) => Word::Silent,
        (true, true) => Word::Excluded,
        (true, false) => Word::Imported,
    }
}

/// A wildcard service is imported by any host it shares a name with.
fn matches(written: &str, host: &str) -> bool {
    match is_wildcard(host) {
        true => overlap(host, written),
        false => is_covered_by(host, written),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::port::ListenerPort;

    fn imports(
        sidecar: Option<&Sidecar>,
        client: &str,
        service: ImportedService<'_>,
    ) -> Decision<bool> {
        super::imports(sidecar, client, service, &Mechanisms::newest())
    }

    #[test]
    fn before_1_31_nothing_was_excluded() {
        let older = Mechanisms::at(&"1.30.3".parse().unwrap());
        let sidecar = sidecar(vec![listener(None, &["*/*", "~shop/*"])]);
        assert!(super::imports(Some(&sidecar), "bank", cart(80), &older).value);
        assert!(!imports(Some(&sidecar), "bank", cart(80)).value);
    }

    fn listener(port: Option<u16>, hosts: &[&str]) -> EgressListener {
        EgressListener {
            port: port.map(|number| ListenerPort {
                number,
                ..ListenerPort::default()
            }),
            hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
        }
    }

    fn sidecar(egress: Vec<EgressListener>) -> Sidecar {
        Sidecar {
            egress,
            ..Sidecar::default()
        }
    }

    fn cart(port: u16) -> ImportedService<'static> {
        ImportedService {
            namespace: "shop",
            host: "cart.shop.svc.cluster.local",
            port,
        }
    }

    fn imported(hosts: &[&str], client: &str) -> Decision<bool> {
        imports(
            Some(&sidecar(vec![listener(None, hosts)])),
            client,
            cart(80),
        )
    }

    #[test]
    fn a_host_is_imported_by_namespace_and_name() {
        for written in [
            "*/*",
            "shop/*",
            "*/cart.shop.svc.cluster.local",
            "shop/*.local",
        ] {
            assert!(imported(&[written], "bank").value, "{written}");
        }
        for written in [
            "bank/*",
            "shop/pay.shop.svc.cluster.local",
            "./*",
            "cart",
            "~/*",
        ] {
            assert!(!imported(&[written], "bank").value, "{written}");
        }
        assert!(imported(&["./*"], "shop").value);
    }

    #[test]
    fn a_listener_with_a_port_imports_that_port_only() {
        let sidecar = sidecar(vec![listener(Some(80), &["*/*"])]);
        assert!(imports(Some(&sidecar), "bank", cart(80)).value);
        assert!(!imports(Some(&sidecar), "bank", cart(81)).value);
    }

    #[test]
    fn an_excluded_host_stays_out_of_its_listener_but_not_of_others() {
        let excluded = imported(&["*/*", "~shop/cart.shop.svc.cluster.local"], "bank");
        assert_eq!(excluded, Decision::new(false, rules::EGRESS_EXCLUDED));
        let both = sidecar(vec![
            listener(None, &["~shop/*"]),
            listener(None, &["shop/*"]),
        ]);
        assert!(imports(Some(&both), "bank", cart(80)).value);
    }

    #[test]
    fn without_egress_everything_is_imported() {
        assert!(imports(None, "bank", cart(80)).value);
        let empty = sidecar(vec![]);
        assert_eq!(
            imports(Some(&empty), "bank", cart(80)).because,
            rules::SIDECAR_NONE
        );
    }

    #[test]
    fn a_wildcard_service_is_imported_by_a_name_it_covers() {
        let wild = ImportedService {
            namespace: "shop",
            host: "*.example.org",
            port: 80,
        };
        let one = sidecar(vec![listener(None, &["shop/a.example.org"])]);
        assert!(imports(Some(&one), "bank", wild).value);
        let other = sidecar(vec![listener(None, &["shop/a.example.net"])]);
        assert!(!imports(Some(&other), "bank", wild).value);
    }
}
