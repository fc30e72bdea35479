//! The TLS that a client's proxy sets up for a cluster.

use super::{ServerMode, rules};
use crate::{
    Decision,
    kinds::{ClientTlsSettings, tls_settings::ClientTlsMode},
    routing::cluster_name::sni_of,
};

/// Whether the settings hold for every endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The user wrote them (or nothing is set up): they hold for every endpoint.
    User,
    /// Istio found out by itself: each endpoint is looked at.
    Auto,
}

/// The TLS of a cluster; `settings` is `None` for plaintext.
#[derive(Debug, Clone, PartialEq)]
pub struct ClientTls {
    /// The settings.
    pub settings: Option<ClientTlsSettings>,
    /// Whether they hold for every endpoint.
    pub origin: Origin,
}

/// Certificate files in a proxy's metadata, in place of the mesh's certificates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetadataCertificates {
    /// The chain (`TLS_CLIENT_CERT_CHAIN`).
    pub chain: String,
    /// The key (`TLS_CLIENT_KEY`).
    pub key: String,
    /// The roots (`TLS_CLIENT_ROOT_CERT`).
    pub root: String,
}

/// What of a cluster decides about its TLS.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClusterFacts<'a> {
    /// The DestinationRule's settings for the subset and port.
    pub rule: Option<&'a ClientTlsSettings>,
    /// The names the service's servers may have.
    pub service_accounts: &'a [String],
    /// The cluster's name in its SNI form.
    pub default_sni: &'a str,
    /// Whether the mesh has auto mutual TLS on.
    pub auto_mtls: bool,
    /// Whether the service is outside the mesh.
    pub mesh_external: bool,
    /// What is assumed of the service; `None` is unknown.
    pub assumed: Option<ServerMode>,
    /// The proxy's certificate files.
    pub certificates: Option<&'a MetadataCertificates>,
}

/// The TLS that a client's proxy sets up.
pub fn client_tls(cluster: ClusterFacts<'_>) -> Decision<ClientTls> {
    match cluster.rule {
        Some(rule) => by_rule(rule, cluster),
        None => by_itself(cluster),
    }
}

fn by_rule(rule: &ClientTlsSettings, cluster: ClusterFacts<'_>) -> Decision<ClientTls> {
    let decided = |settings, because| {
        let tls = ClientTls {
            settings: Some(settings),
            origin: Origin::User,
        };
        Decision::new(tls, because)
    };
    let mutual = matches!(
        rule.mode,
        ClientTlsMode::Mutual | ClientTlsMode::IstioMutual
    );
    if let (true, Some(files), false) = (mutual, cluster.certificates, cluster.mesh_external) {
        let settings = ClientTlsSettings {
            sni: rule.sni.clone(),
            insecure_skip_verify: rule.insecure_skip_verify,
            ..with_files(files, &rule.subject_alt_names)
        };
        return decided(settings, rules::CLIENT_METADATA_CERTIFICATES);
    }
    match rule.mode {
        ClientTlsMode::IstioMutual => decided(completed(rule, cluster), rules::CLIENT_USER),
        ClientTlsMode::Disable | ClientTlsMode::Simple | ClientTlsMode::Mutual => {
            decided(rule.clone(), rules::CLIENT_USER)
        }
    }
}

/// The rule's ISTIO_MUTUAL with the names and the SNI that it leaves to Istio.
fn completed(rule: &ClientTlsSettings, cluster: ClusterFacts<'_>) -> ClientTlsSettings {
    let names = match rule.subject_alt_names.is_empty() {
        true => cluster.service_accounts,
        false => &rule.subject_alt_names,
    };
    let own_sni = rule.sni.as_deref().filter(|sni| !sni.is_empty());
    ClientTlsSettings {
        insecure_skip_verify: rule.insecure_skip_verify,
        ..istio_mutual(names, own_sni.unwrap_or(cluster.default_sni))
    }
}

fn by_itself(cluster: ClusterFacts<'_>) -> Decision<ClientTls> {
    let speaks_tls = matches!(
        cluster.assumed,
        Some(ServerMode::Permissive | ServerMode::Strict)
    );
    if cluster.mesh_external || !cluster.auto_mtls || !speaks_tls {
        let plaintext = ClientTls {
            settings: None,
            origin: Origin::User,
        };
        return Decision::new(plaintext, rules::CLIENT_PLAINTEXT);
    }
    let (settings, because) = match cluster.certificates {
        Some(files) => {
            let settings = ClientTlsSettings {
                sni: Some(cluster.default_sni.to_owned()),
                ..with_files(files, cluster.service_accounts)
            };
            (settings, rules::CLIENT_METADATA_CERTIFICATES)
        }
        None => (
            istio_mutual(cluster.service_accounts, cluster.default_sni),
            rules::CLIENT_AUTO,
        ),
    };
    Decision::new(
        ClientTls {
            settings: Some(settings),
            origin: Origin::Auto,
        },
        because,
    )
}

fn istio_mutual(names: &[String], sni: &str) -> ClientTlsSettings {
    ClientTlsSettings {
        subject_alt_names: names.to_vec(),
        sni: Some(sni.to_owned()),
        ..plain(ClientTlsMode::IstioMutual)
    }
}

fn with_files(files: &MetadataCertificates, names: &[String]) -> ClientTlsSettings {
    ClientTlsSettings {
        client_certificate: Some(files.chain.clone()),
        private_key: Some(files.key.clone()),
        ca_certificates: Some(files.root.clone()),
        subject_alt_names: names.to_vec(),
        ..plain(ClientTlsMode::Mutual)
    }
}

fn plain(mode: ClientTlsMode) -> ClientTlsSettings {
    ClientTlsSettings {
        mode,
        client_certificate: None,
        private_key: None,
        ca_certificates: None,
        credential_name: None,
        subject_alt_names: Vec::new(),
        sni: None,
        insecure_skip_verify: None,
    }
}

/// The server name that the mesh's mutual TLS sends towards a cluster.
pub fn client_sni(cluster: &str, rule_sni: Option<&str>) -> Decision<String> {
    let own = rule_sni.filter(|sni| !sni.is_empty());
    let sni = own.map_or_else(|| sni_of(cluster).into_owned(), str::to_owned);
    Decision::new(sni, rules::CLIENT_SNI)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SNI: &str = "outbound_.80_._.cart";

    fn facts<'a>() -> ClusterFacts<'a> {
        ClusterFacts {
            rule: None,
            service_accounts: &[],
            default_sni: SNI,
            auto_mtls: true,
            mesh_external: false,
            assumed: Some(ServerMode::Permissive),
            certificates: None,
        }
    }

    fn files() -> MetadataCertificates {
        let text = str::to_owned;
        MetadataCertificates {
            chain: text("chain"),
            key: text("key"),
            root: text("root"),
        }
    }

    fn rule(mode: ClientTlsMode) -> ClientTlsSettings {
        ClientTlsSettings {
            insecure_skip_verify: Some(true),
            ..plain(mode)
        }
    }

    #[test]
    fn auto_mutual_tls_needs_a_server_that_may_speak_it() {
        let names = ["spiffe://td/ns/shop/sa/cart".to_owned()];
        let auto = client_tls(ClusterFacts {
            service_accounts: &names,
            ..facts()
        });
        assert_eq!(auto.because, rules::CLIENT_AUTO);
        assert_eq!(auto.value.origin, Origin::Auto);
        let settings = auto.value.settings.unwrap();
        assert_eq!(settings.mode, ClientTlsMode::IstioMutual);
        assert_eq!(
            (settings.sni.as_deref(), settings.subject_alt_names),
            (Some(SNI), names.to_vec())
        );
        for off in [
            ClusterFacts {
                auto_mtls: false,
                ..facts()
            },
            ClusterFacts {
                mesh_external: true,
                ..facts()
            },
            ClusterFacts {
                assumed: None,
                ..facts()
            },
            ClusterFacts {
                assumed: Some(ServerMode::Disable),
                ..facts()
            },
        ] {
            let decision = client_tls(off);
            assert_eq!(
                decision.value,
                ClientTls {
                    settings: None,
                    origin: Origin::User
                }
            );
            assert_eq!(decision.because, rules::CLIENT_PLAINTEXT);
        }
    }

    #[test]
    fn a_rule_holds_for_every_endpoint_whatever_is_assumed() {
        for mode in [
            ClientTlsMode::Disable,
            ClientTlsMode::Simple,
            ClientTlsMode::Mutual,
        ] {
            let rule = rule(mode);
            let tls = client_tls(ClusterFacts {
                rule: Some(&rule),
                assumed: None,
                ..facts()
            });
            assert_eq!(
                tls.value,
                ClientTls {
                    settings: Some(rule),
                    origin: Origin::User
                }
            );
            assert_eq!(tls.because, rules::CLIENT_USER);
        }
    }

    #[test]
    fn istio_mutual_is_completed_with_names_and_sni() {
        let names = ["a".to_owned()];
        let mut rule = rule(ClientTlsMode::IstioMutual);
        rule.sni = Some(String::new());
        let with = |rule: &ClientTlsSettings| {
            let cluster = ClusterFacts {
                rule: Some(rule),
                service_accounts: &names,
                ..facts()
            };
            client_tls(cluster).value.settings.unwrap()
        };
        let settings = with(&rule);
        assert_eq!(
            (settings.sni.as_deref(), &settings.subject_alt_names[..]),
            (Some(SNI), &names[..])
        );
        assert_eq!(settings.insecure_skip_verify, Some(true));
        rule.sni = Some("own".to_owned());
        rule.subject_alt_names = vec!["b".to_owned()];
        let settings = with(&rule);
        assert_eq!(
            (settings.sni.as_deref(), &settings.subject_alt_names[0][..]),
            (Some("own"), "b")
        );
    }

    #[test]
    fn files_of_the_proxy_replace_the_meshs_certificates_inside_the_mesh() {
        let (files, rule) = (files(), rule(ClientTlsMode::IstioMutual));
        let inside = ClusterFacts {
            rule: Some(&rule),
            certificates: Some(&files),
            ..facts()
        };
        let settings = client_tls(inside).value.settings.unwrap();
        assert_eq!(settings.mode, ClientTlsMode::Mutual);
        assert_eq!(settings.client_certificate.as_deref(), Some("chain"));
        assert_eq!(settings.private_key.as_deref(), Some("key"));
        assert_eq!(settings.ca_certificates.as_deref(), Some("root"));
        assert_eq!(
            (settings.sni, settings.insecure_skip_verify),
            (None, Some(true))
        );
        let outside = ClusterFacts {
            mesh_external: true,
            ..inside
        };
        assert_eq!(client_tls(outside).because, rules::CLIENT_USER);
        let simple = self::rule(ClientTlsMode::Simple);
        let simple = ClusterFacts {
            rule: Some(&simple),
            ..inside
        };
        assert_eq!(client_tls(simple).because, rules::CLIENT_USER);
        let names = ["a".to_owned()];
        let auto = client_tls(ClusterFacts {
            rule: None,
            service_accounts: &names,
            ..inside
        });
        assert_eq!(auto.value.origin, Origin::Auto);
        let settings = auto.value.settings.unwrap();
        assert_eq!(settings.sni.as_deref(), Some(SNI));
        assert_eq!(settings.subject_alt_names, names);
    }

    #[test]
    fn the_rules_sni_hides_the_clusters() {
        assert_eq!(client_sni("outbound|80||cart", None).value, SNI);
        assert_eq!(client_sni("outbound|80||cart", Some("")).value, SNI);
        assert_eq!(client_sni("outbound|80||cart", Some("own")).value, "own");
    }
}
