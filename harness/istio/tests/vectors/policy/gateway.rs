//! Who gets through an east-west gateway.

use istio::{
    kinds::{Gateway, peer_authentication::MtlsMode, port::Protocol},
    routing::{GatewayService, Passthrough, passthrough::mtls_only},
    tls::{
        Admission, Arrival, Handling, InboundPorts, ServerMode, ServerModes, Transport,
        inbound::admit,
    },
};
use serde::Deserialize;
use serde_json::json;

use crate::case::Case;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    global_mtls: MtlsMode,
    gateway: WrittenGateway,
    client: Client,
    sni_kinds: Vec<String>,
    targets: Vec<Target>,
    alpns: Vec<Option<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenGateway {
    mode: String,
    hosts: Vec<String>,
}

#[derive(Deserialize)]
enum Client {
    #[serde(rename = "TLS client without a mesh certificate")]
    WithoutCertificate,
}

#[derive(Deserialize, Clone, Copy, PartialEq)]
enum Target {
    #[serde(rename = "sidecar workload")]
    WithSidecar,
    #[serde(rename = "workload without sidecar")]
    WithoutSidecar,
}

const HOST: &str = "target.test.svc.cluster.local";
const PORT: u16 = 80;
const GATEWAY_PORT: u16 = 15443;

pub(crate) fn auto_passthrough_security(case: &mut Case<'_>) -> Result<(), String> {
    let input: Input = case.input()?;
    let Client::WithoutCertificate = input.client;
    let gateway = gateway(&input.gateway)?;
    let service = GatewayService {
        host: HOST,
        namespace: "test",
        ports: &[(PORT, Protocol::Http)],
        mesh_external: false,
        subsets: &[],
    };
    let passthrough = Passthrough::new([&gateway], GATEWAY_PORT, &[service]);
    let mode = ServerMode::written(input.global_mtls).unwrap_or(ServerMode::Permissive);
    let mut all_fail = true;
    for kind in &input.sni_kinds {
        let sni = kind
            .replace("PORT", &PORT.to_string())
            .replace("HOST", HOST);
        for alpn in &input.alpns {
            let alpns: Vec<&str> = alpn.iter().map(String::as_str).collect();
            let routed = passthrough.route(&sni, &alpns).value.is_some();
            let reaches = |target| routed && is_answered(mode, target, &alpns);
            all_fail &= !input.targets.iter().copied().any(reaches);
        }
    }
    case.came_out("all_connections_fail", all_fail);
    Ok(())
}

fn gateway(written: &WrittenGateway) -> Result<Gateway, String> {
    let port = json!({"number": GATEWAY_PORT, "name": "tls", "protocol": "TLS"});
    let server = json!({"port": port, "hosts": written.hosts, "tls": {"mode": written.mode}});
    serde_json::from_value(json!({"servers": [server]})).map_err(|e| format!("gateway: {e}"))
}

/// Whether a client without a certificate gets past the gateway's endpoints and the server's
/// sidecar.
fn is_answered(mode: ServerMode, target: Target, alpns: &[&str]) -> bool {
    let counts_as_mtls = target == Target::WithSidecar && mode != ServerMode::Disable;
    if mtls_only([(target, counts_as_mtls)]).value.is_empty() {
        return false;
    }
    let ports = InboundPorts {
        services: [(PORT, Protocol::Http)].into(),
        ingress: None,
    };
    let arrival = Arrival {
        port: PORT,
        transport: Transport::Tls { alpns },
        http: true,
    };
    match ports.handle(&ServerModes::all(mode), arrival).value.0 {
        Handling::Http { mutual } | Handling::Tcp { mutual } => {
            admit(mutual, None, &[]).value != Admission::HandshakeFailed
        }
        Handling::NoFilterChain | Handling::ProtocolError => false,
    }
}
