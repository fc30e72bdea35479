//! TLS of clients, and what servers do with connections.

use std::collections::BTreeMap;

use istio::{
    kinds::{
        ClientTlsSettings, peer_authentication::MtlsMode, port::Protocol,
        tls_settings::ClientTlsMode,
    },
    tls::{
        Arrival, ClusterFacts, Handling, InboundCluster, InboundPorts, MetadataCertificates,
        Origin, ServerMode, ServerModes, Transport, client, client_tls,
    },
};
use serde::{Deserialize, Serialize};

use crate::case::Case;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Auto {
    dr_tls: Option<Tls>,
    service_account_sans: Vec<String>,
    default_sni: String,
    auto_mtls: bool,
    mesh_external: bool,
    server_mtls_mode: String,
    proxy_metadata_certs: Option<Certificates>,
}

/// TLS settings as vectors write them.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Tls {
    mode: ClientTlsMode,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    sans: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sni: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    certs: Option<Certificates>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Certificates {
    chain: String,
    key: String,
    root: String,
}

impl Tls {
    fn settings(self) -> ClientTlsSettings {
        let (chain, key, root) = match self.certs {
            Some(certs) => (Some(certs.chain), Some(certs.key), Some(certs.root)),
            None => (None, None, None),
        };
        ClientTlsSettings {
            mode: self.mode,
            client_certificate: chain,
            private_key: key,
            ca_certificates: root,
            credential_name: None,
            subject_alt_names: self.sans,
            sni: self.sni,
            insecure_skip_verify: None,
        }
    }

    fn of(settings: ClientTlsSettings) -> Self {
        let files = (
            settings.client_certificate,
            settings.private_key,
            settings.ca_certificates,
        );
        let certs = match files {
            (Some(chain), Some(key), Some(root)) => Some(Certificates { chain, key, root }),
            _ => None,
        };
        Self {
            mode: settings.mode,
            sans: settings.subject_alt_names,
            sni: settings.sni.filter(|sni| !sni.is_empty()),
            certs,
        }
    }
}

fn server_mode(text: &str) -> Result<Option<ServerMode>, String> {
    Ok(Some(match text {
        "UNKNOWN" => return Ok(None),
        "DISABLE" => ServerMode::Disable,
        "PERMISSIVE" => ServerMode::Permissive,
        "STRICT" => ServerMode::Strict,
        other => return Err(format!("no mode is called '{other}'")),
    }))
}

pub(crate) fn auto_mtls_client(case: &mut Case<'_>) -> Result<(), String> {
    let input: Auto = case.input()?;
    let rule = input.dr_tls.map(Tls::settings);
    let files = input.proxy_metadata_certs;
    let files =
        files.map(|Certificates { chain, key, root }| MetadataCertificates { chain, key, root });
    let tls = client_tls(ClusterFacts {
        rule: rule.as_ref(),
        service_accounts: &input.service_account_sans,
        default_sni: &input.default_sni,
        auto_mtls: input.auto_mtls,
        mesh_external: input.mesh_external,
        assumed: server_mode(&input.server_mtls_mode)?,
        certificates: files.as_ref(),
    });
    case.came_out("tls", tls.value.settings.map(Tls::of));
    case.came_out(
        "origin",
        match tls.value.origin {
            Origin::User => "user",
            Origin::Auto => "auto",
        },
    );
    Ok(())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sni {
    cluster: String,
    dr_tls_mode: ClientTlsMode,
    dr_sni: String,
}

pub(crate) fn client_sni(case: &mut Case<'_>) -> Result<(), String> {
    let input: Sni = case.input()?;
    if input.dr_tls_mode != ClientTlsMode::IstioMutual {
        return Err("only ISTIO_MUTUAL takes its SNI from the cluster".to_owned());
    }
    let sni = client::client_sni(&input.cluster, Some(&input.dr_sni));
    case.came_out("sni", sni.value);
    Ok(())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Inbound {
    workload_policy: WorkloadPolicy,
    service_ports: BTreeMap<u16, Protocol>,
    sidecar_ingress_ports: Option<Vec<u16>>,
    call: Call,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WorkloadPolicy {
    mode: MtlsMode,
    port_level: BTreeMap<u16, MtlsMode>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Call {
    port: u16,
    transport: Wire,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Wire {
    Plaintext,
    Mtls,
}

pub(crate) fn inbound_tls(case: &mut Case<'_>) -> Result<(), String> {
    let input: Inbound = case.input()?;
    let modes = modes(&input.workload_policy);
    // Vectors do not say what is spoken on a port of a Sidecar resource; in Istio's test it is TCP.
    let ingress = input.sidecar_ingress_ports;
    let ports = InboundPorts {
        ingress: ingress.map(|ports| {
            ports
                .into_iter()
                .map(|port| (port, Protocol::Tcp))
                .collect()
        }),
        services: input.service_ports,
    };
    let arrival = Arrival {
        port: input.call.port,
        transport: match input.call.transport {
            Wire::Plaintext => Transport::Plaintext,
            Wire::Mtls => Transport::Tls { alpns: &["istio"] },
        },
        http: true,
    };
    let (handling, cluster) = ports.handle(&modes, arrival).value;
    case.came_out("result", outcome(handling, cluster));
    Ok(())
}

fn modes(policy: &WorkloadPolicy) -> ServerModes {
    let mode = ServerMode::written(policy.mode).unwrap_or(ServerMode::Permissive);
    let per_port = policy.port_level.iter();
    let on = |written: &MtlsMode| ServerMode::written(*written).unwrap_or(mode);
    ServerModes {
        mode,
        per_port: per_port
            .map(|(port, written)| (*port, on(written)))
            .collect(),
    }
}

fn outcome(handling: Handling, cluster: InboundCluster) -> String {
    match (handling, cluster) {
        (Handling::NoFilterChain, _) => "no_filter_chain".to_owned(),
        (Handling::ProtocolError, _) => "protocol_error".to_owned(),
        (Handling::Http { .. } | Handling::Tcp { .. }, InboundCluster::Passthrough) => {
            "InboundPassthrough".to_owned()
        }
        (Handling::Http { .. } | Handling::Tcp { .. }, cluster) => cluster.to_string(),
    }
}
