//! An address that means something else in every pod.

use std::net::Ipv4Addr;

use super::remote_secret;
use crate::{Rule, Severity, finding::Notes, unit::Unit};

pub(super) const RULE: Rule = Rule {
    id: "loopback-remote-secret",
    severity: Severity::Error,
    summary: "A remote secret with a loopback address leads istiod to its own pod.",
    check,
};

fn check(unit: &Unit, notes: &mut Notes<'_>) {
    for secret in remote_secret::all(unit) {
        for server in secret.servers().iter().filter(|server| is_loopback(server)) {
            notes.add(
                &secret.at,
                format!("{server} is istiod's own pod, not the API server of {}", secret.key),
                "write an address that istiod's pod reaches; 'istioctl create-remote-secret --server' sets it",
            );
        }
    }
}

fn is_loopback(server: &str) -> bool {
    let host = server.split_once("://").map_or(server, |(_, rest)| rest);
    let host = host.split('/').next().unwrap_or_default();
    if let Some(bracketed) = host.strip_prefix('[') {
        return matches!(bracketed.split(']').next(), Some("::1" | "::"));
    }
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    match name.parse::<Ipv4Addr>() {
        Ok(address) => address.is_loopback() || address.is_unspecified(),
        Err(_) => name == "localhost" || name.ends_with(".localhost"),
    }
}

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn an_address_of_the_machine_itself_is_recognised_in_every_form() {
        for server in [
            "https://127.0.0.1:6443",
            "https://localhost:6443/",
            "https://0.0.0.0:34567",
            "https://[::1]:6443",
            "127.1.2.3",
        ] {
            assert!(is_loopback(server), "{server}");
        }
        for server in [
            "https://10.0.0.1:6443",
            "https://cluster2.example:443",
            "https://[fd00::1]:6443",
        ] {
            assert!(!is_loopback(server), "{server}");
        }
    }
}
