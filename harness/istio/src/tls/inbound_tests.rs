//! Claims about `inbound`.

use super::*;

const MESH_HTTP: Transport<'_> = Transport::Tls {
    alpns: &["istio-http/1.1", "istio", "http/1.1"],
};
const MESH_TCP: Transport<'_> = Transport::Tls {
    alpns: &["istio-peer-exchange", "istio"],
};
const FOREIGN: Transport<'_> = Transport::Tls {
    alpns: &["h2", "http/1.1"],
};

fn handled(
    mode: ServerMode,
    protocol: Option<Protocol>,
    transport: Transport<'_>,
    http: bool,
) -> Handling {
    let ports = InboundPorts {
        services: protocol
            .map(|protocol| (80, protocol))
            .into_iter()
            .collect(),
        ingress: None,
    };
    let arrival = Arrival {
        port: 80,
        transport,
        http,
    };
    ports.handle(&ServerModes::all(mode), arrival).value.0
}

#[test]
fn strict_closes_plaintext_and_takes_tls_of_any_alpn() {
    for protocol in [None, Some(Protocol::Http), Some(Protocol::Tcp)] {
        let closed = handled(ServerMode::Strict, protocol, Transport::Plaintext, true);
        assert_eq!(closed, Handling::NoFilterChain);
    }
    let strict = |protocol, transport, http| handled(ServerMode::Strict, protocol, transport, http);
    assert_eq!(
        strict(Some(Protocol::Http2), FOREIGN, true),
        Handling::Http { mutual: true }
    );
    assert_eq!(
        strict(Some(Protocol::Tcp), MESH_HTTP, true),
        Handling::Tcp { mutual: true }
    );
    assert_eq!(
        strict(None, MESH_HTTP, true),
        Handling::Http { mutual: true }
    );
    assert_eq!(
        strict(None, MESH_TCP, false),
        Handling::Tcp { mutual: true }
    );
    assert_eq!(strict(None, FOREIGN, true), Handling::Tcp { mutual: true });
}

#[test]
fn permissive_takes_plaintext_and_tells_mesh_from_foreign_tls_by_alpn() {
    let lax =
        |protocol, transport, http| handled(ServerMode::Permissive, protocol, transport, http);
    let (http, tcp) = (Some(Protocol::Grpc), Some(Protocol::Tls));
    assert_eq!(
        lax(http, Transport::Plaintext, true),
        Handling::Http { mutual: false }
    );
    assert_eq!(
        lax(tcp, Transport::Plaintext, true),
        Handling::Tcp { mutual: false }
    );
    assert_eq!(
        lax(None, Transport::Plaintext, true),
        Handling::Http { mutual: false }
    );
    assert_eq!(
        lax(None, Transport::Plaintext, false),
        Handling::Tcp { mutual: false }
    );
    assert_eq!(lax(http, MESH_TCP, true), Handling::Http { mutual: true });
    assert_eq!(lax(tcp, MESH_HTTP, true), Handling::Tcp { mutual: true });
    assert_eq!(lax(None, MESH_HTTP, true), Handling::Http { mutual: true });
    assert_eq!(lax(None, MESH_TCP, false), Handling::Tcp { mutual: true });
    assert_eq!(lax(http, FOREIGN, true), Handling::NoFilterChain);
    assert_eq!(lax(tcp, FOREIGN, true), Handling::Tcp { mutual: false });
    assert_eq!(lax(None, FOREIGN, true), Handling::Tcp { mutual: false });
}

#[test]
fn disabled_takes_tls_for_data_which_http_cannot_read() {
    let off = |protocol, transport, http| handled(ServerMode::Disable, protocol, transport, http);
    assert_eq!(
        off(Some(Protocol::Http), MESH_HTTP, true),
        Handling::ProtocolError
    );
    assert_eq!(
        off(Some(Protocol::Tcp), MESH_HTTP, true),
        Handling::Tcp { mutual: false }
    );
    assert_eq!(off(None, MESH_HTTP, true), Handling::Tcp { mutual: false });
    assert_eq!(
        off(None, Transport::Plaintext, true),
        Handling::Http { mutual: false }
    );
    assert_eq!(
        off(Some(Protocol::Http), Transport::Plaintext, false),
        Handling::ProtocolError
    );
}

#[test]
fn a_port_that_is_not_known_is_passed_through_and_ingress_hides_the_services() {
    let ports = InboundPorts {
        services: BTreeMap::from([(80, Protocol::Http), (90, Protocol::Http)]),
        ingress: Some(BTreeMap::from([(90, Protocol::Tcp)])),
    };
    let to = |port| {
        let arrival = Arrival {
            port,
            transport: Transport::Plaintext,
            http: true,
        };
        ports.handle(&ServerModes::all(ServerMode::Permissive), arrival)
    };
    assert_eq!(to(80).value.1, InboundCluster::Passthrough);
    assert_eq!(
        to(90).value,
        (Handling::Tcp { mutual: false }, InboundCluster::Port(90))
    );
    assert_eq!(to(90).because, rules::INBOUND_PERMISSIVE);
    assert_eq!(InboundCluster::Port(90).to_string(), "inbound|90||");
    assert_eq!(
        InboundCluster::Passthrough.to_string(),
        "InboundPassthroughCluster"
    );
}

#[test]
fn a_verified_peer_of_an_accepted_domain_is_let_in() {
    let peer: SpiffeId = "spiffe://td/ns/shop/sa/cart".parse().unwrap();
    let accepted = ["td".to_owned()];
    let let_in = Admission::Peer(Some(&peer));
    assert_eq!(admit(true, Some(&peer), &accepted).value, let_in);
    assert_eq!(
        admit(true, None, &accepted).value,
        Admission::HandshakeFailed
    );
    let foreign = ["other".to_owned()];
    assert_eq!(
        admit(true, Some(&peer), &foreign).value,
        Admission::HandshakeFailed
    );
    assert_eq!(
        admit(false, Some(&peer), &foreign).value,
        Admission::Peer(None)
    );
}
