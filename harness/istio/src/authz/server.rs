//! The whole decision of a server's proxy about one call: connection, peer, policies.

use super::{Enforcer, RequestFacts};
use crate::{
    Decision,
    identity::SpiffeId,
    routing::failure::WireCause,
    tls::{
        Admission, Arrival, Handling, InboundCluster, InboundPorts, ServerModes, Transport,
        inbound::admit,
    },
};

/// A server's proxy, as its control plane configured it.
#[derive(Debug, Clone, Copy)]
pub struct Server<'a> {
    /// The ports it knows.
    pub ports: &'a InboundPorts,
    /// What it asks for on each.
    pub modes: &'a ServerModes,
    /// The trust domains it accepts; empty if it does not check them.
    pub accepted_domains: &'a [String],
    /// Its policies for requests.
    pub http: &'a Enforcer,
    /// Its policies for connections.
    pub tcp: &'a Enforcer,
}

/// A call that is let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received<'a> {
    /// Where the call is sent.
    pub cluster: InboundCluster,
    /// Who calls; `None` without mutual TLS.
    pub peer: Option<&'a SpiffeId>,
}

impl Server<'_> {
    /// Whether a call is let in, or why not. `presented` is the identity in the client's
    /// certificate if the server's roots verify it; of `request` the peer is filled in here, and
    /// the HTTP part is read only where the proxy reads HTTP.
    pub fn receive<'a>(
        &self,
        arrival: Arrival<'_>,
        presented: Option<&'a SpiffeId>,
        request: RequestFacts<'_>,
    ) -> Decision<Result<Received<'a>, WireCause>> {
        let handled = self.ports.handle(self.modes, arrival);
        let (handling, cluster) = handled.value;
        let (mutual, reads_http) = match handling {
            Handling::Http { mutual } => (mutual, true),
            Handling::Tcp { mutual } => (mutual, false),
            Handling::NoFilterChain => {
                return Decision::new(Err(closed(arrival.transport)), handled.because);
            }
            Handling::ProtocolError => {
                return Decision::new(Err(WireCause::TlsToPlaintext), handled.because);
            }
        };
        let admission = admit(mutual, presented, self.accepted_domains);
        let Admission::Peer(peer) = admission.value else {
            return Decision::new(Err(WireCause::HandshakeFailed), admission.because);
        };
        let enforcer = if reads_http { self.http } else { self.tcp };
        let verdict = enforcer.judge(&RequestFacts {
            peer: peer.map(|peer| &**peer.text()),
            http: request.http.filter(|_| reads_http),
            ..request
        });
        verdict.map(|verdict| match verdict.allowed {
            true => Ok(Received { cluster, peer }),
            false => Err(WireCause::Denied),
        })
    }
}

/// Why no filter chain took the connection, as its client will see it.
fn closed(transport: Transport<'_>) -> WireCause {
    match transport {
        Transport::Plaintext => WireCause::PlaintextToStrict,
        Transport::Tls { .. } => WireCause::HandshakeFailed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        authz::{Layer, Selected, rules as authz_rules},
        identity::TrustDomains,
        kinds::{AuthorizationPolicy, Metadata, Object, port::Protocol},
        tls::{ServerMode, rules as tls_rules},
    };

    const MESH: Transport<'_> = Transport::Tls {
        alpns: &["istio-http/1.1", "istio"],
    };
    const FOREIGN: Transport<'_> = Transport::Tls { alpns: &["h2"] };

    fn enforcer(rules: &str) -> Enforcer {
        let policy = Object {
            metadata: Metadata::default(),
            spec: AuthorizationPolicy {
                rules: serde_json::from_str(rules).unwrap(),
                ..AuthorizationPolicy::default()
            },
        };
        let selected = Selected {
            allow: vec![&policy],
            ..Selected::default()
        };
        Enforcer::new(&selected, Layer::Http, &TrustDomains::only("td")).unwrap()
    }

    fn received<'a>(
        mode: ServerMode,
        transport: Transport<'_>,
        presented: Option<&'a SpiffeId>,
    ) -> Decision<Result<Received<'a>, WireCause>> {
        let ports = InboundPorts {
            services: [(80, Protocol::Http)].into(),
            ingress: None,
        };
        let shop_only = enforcer(r#"[{"from":[{"source":{"namespaces":["shop"]}}]}]"#);
        let server = Server {
            ports: &ports,
            modes: &ServerModes::all(mode),
            accepted_domains: &["td".to_owned()],
            http: &shop_only,
            tcp: &Enforcer::default(),
        };
        let arrival = Arrival {
            port: 80,
            transport,
            http: true,
        };
        let request = RequestFacts {
            peer: Some("spiffe://td/ns/shop/sa/forged"),
            source_ip: None,
            remote_ip: None,
            destination_ip: None,
            port: 80,
            sni: None,
            http: None,
        };
        server.receive(arrival, presented, request)
    }

    #[test]
    fn a_verified_peer_that_is_allowed_is_let_in_under_its_identity() {
        let cart: SpiffeId = "spiffe://td/ns/shop/sa/cart".parse().unwrap();
        let decision = received(ServerMode::Strict, MESH, Some(&cart));
        let expected = Received {
            cluster: InboundCluster::Port(80),
            peer: Some(&cart),
        };
        assert_eq!(
            decision,
            Decision::new(Ok(expected), authz_rules::ALLOW_MATCHED)
        );
    }

    #[test]
    fn every_refusal_names_the_rule_that_made_it() {
        let pay: SpiffeId = "spiffe://td/ns/bank/sa/pay".parse().unwrap();
        let stranger: SpiffeId = "spiffe://other/ns/shop/sa/cart".parse().unwrap();
        let cause = |mode, transport, presented| {
            let decision = received(mode, transport, presented);
            (decision.value.unwrap_err(), decision.because)
        };
        let (strict, lax, off) = (
            ServerMode::Strict,
            ServerMode::Permissive,
            ServerMode::Disable,
        );
        assert_eq!(
            cause(strict, Transport::Plaintext, None),
            (WireCause::PlaintextToStrict, tls_rules::INBOUND_STRICT)
        );
        assert_eq!(
            cause(lax, FOREIGN, None),
            (WireCause::HandshakeFailed, tls_rules::INBOUND_PERMISSIVE)
        );
        assert_eq!(
            cause(off, MESH, Some(&pay)),
            (WireCause::TlsToPlaintext, tls_rules::INBOUND_DISABLE)
        );
        assert_eq!(
            cause(strict, MESH, Some(&stranger)),
            (WireCause::HandshakeFailed, tls_rules::PEER_VERIFIED)
        );
        assert_eq!(
            cause(strict, MESH, Some(&pay)),
            (WireCause::Denied, authz_rules::ALLOW_UNMATCHED)
        );
    }

    #[test]
    fn a_caller_in_plaintext_has_no_identity_whatever_it_claims() {
        let decision = received(ServerMode::Permissive, Transport::Plaintext, None);
        assert_eq!(decision.value, Err(WireCause::Denied));
    }
}
