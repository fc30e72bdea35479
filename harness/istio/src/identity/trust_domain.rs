//! What a mesh calls itself, and which peers its servers accept.

use super::{SpiffeId, rules};
use crate::Decision;

/// The trust domain of a mesh and the other names it goes by (`trustDomainAliases`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustDomains {
    /// The domain in which identities are issued.
    pub own: String,
    /// Other domains whose identities count as the mesh's own, in the order they were written.
    pub aliases: Vec<String>,
}

impl TrustDomains {
    /// A trust domain without aliases.
    pub fn only(own: impl Into<String>) -> Self {
        Self {
            own: own.into(),
            aliases: Vec::new(),
        }
    }

    /// The own domain, then the aliases.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.own.as_str()).chain(self.aliases.iter().map(String::as_str))
    }

    /// The domains of which a server accepts peers, in order and each once. `ca_certificates` are
    /// the trust domains that each entry of the mesh's `caCertificates` lists.
    pub fn accepted_of_peers(&self, ca_certificates: &[Vec<String>]) -> Decision<Vec<String>> {
        let listed = ca_certificates.iter().flatten().map(String::as_str);
        let mut accepted: Vec<String> = Vec::new();
        for domain in self.all().chain(listed) {
            if !domain.is_empty() && !accepted.iter().any(|known| known == domain) {
                accepted.push(domain.to_owned());
            }
        }
        Decision::new(accepted, rules::ACCEPTED_DOMAINS)
    }

    /// What the trust domains written in an authorization rule stand for: each domain of the
    /// mesh for all of them, any other for itself. In order, each once.
    pub fn expand_domains(&self, written: &[String]) -> Decision<Vec<String>> {
        let mut expanded: Vec<String> = Vec::new();
        for domain in written {
            let meant: Vec<&str> = match self.all().any(|own| own == domain) {
                true => self.all().collect(),
                false => vec![domain],
            };
            for one in meant {
                if !expanded.iter().any(|known| known == one) {
                    expanded.push(one.to_owned());
                }
            }
        }
        Decision::new(expanded, rules::DOMAIN_ALIASES)
    }
}

/// Whether a server that accepts these trust domains lets a peer finish the handshake; an empty
/// list means that the trust domain is not checked.
pub fn peer_is_accepted(peer: &SpiffeId, accepted: &[String]) -> Decision<bool> {
    let known = accepted.iter().any(|domain| domain == peer.trust_domain());
    Decision::new(accepted.is_empty() || known, rules::ACCEPTED_DOMAINS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    fn mesh(own: &str, aliases: &[&str]) -> TrustDomains {
        TrustDomains {
            own: own.to_owned(),
            aliases: texts(aliases),
        }
    }

    #[test]
    fn peers_are_accepted_of_own_alias_and_ca_domains_each_named_once() {
        let accepted = mesh("east", &["west", "", "west"])
            .accepted_of_peers(&[texts(&["partner", "east"]), texts(&["other"])])
            .value;
        assert_eq!(accepted, texts(&["east", "west", "partner", "other"]));
    }

    #[test]
    fn a_peer_of_a_foreign_trust_domain_is_refused() {
        let peer: SpiffeId = "spiffe://west/ns/shop/sa/cart".parse().unwrap();
        assert!(peer_is_accepted(&peer, &texts(&["east", "west"])).value);
        assert!(!peer_is_accepted(&peer, &texts(&["east"])).value);
        assert!(peer_is_accepted(&peer, &[]).value);
    }

    #[test]
    fn a_domain_of_the_mesh_in_a_rule_stands_for_all_of_them() {
        let expanded = mesh("east", &["west"])
            .expand_domains(&texts(&["partner", "west", "east"]))
            .value;
        assert_eq!(expanded, texts(&["partner", "east", "west"]));
    }
}
