//! A stricter server lets nobody more in.

use istio::{
    kinds::{
        Object, PeerAuthentication,
        peer_authentication::{MtlsMode, MutualTls},
        port::Protocol,
    },
    tls::{
        Admission, Arrival, Handling, InboundPorts, PeerAuthentications, ServerModes, Transport,
        inbound::admit,
    },
};
use proptest::{
    prelude::*,
    sample::{Index, select},
};

use crate::objects::{ROOT, labels, namespace, peer_authentications};

/// How an attacker without a certificate may begin.
fn transport() -> impl Strategy<Value = Transport<'static>> {
    select(vec![
        Transport::Plaintext,
        Transport::Tls { alpns: &[] },
        Transport::Tls { alpns: &["h2"] },
        Transport::Tls { alpns: &["istio"] },
        Transport::Tls {
            alpns: &["h2", "istio-http/1.1"],
        },
        Transport::Tls {
            alpns: &["istio-peer-exchange", "istio"],
        },
    ])
}

fn ports() -> impl Strategy<Value = InboundPorts> {
    let protocol = select(vec![
        Protocol::Http,
        Protocol::Tcp,
        Protocol::Tls,
        Protocol::Unset,
    ]);
    proptest::collection::btree_map(80_u16..83, protocol, 0..3).prop_map(|services| InboundPorts {
        services,
        ingress: None,
    })
}

/// Whether somebody without a certificate reaches the application.
fn admits_anonymous(modes: &ServerModes, ports: &InboundPorts, arrival: Arrival<'_>) -> bool {
    match ports.handle(modes, arrival).value.0 {
        Handling::Http { mutual } | Handling::Tcp { mutual } => {
            admit(mutual, None, &[]).value != Admission::HandshakeFailed
        }
        Handling::NoFilterChain | Handling::ProtocolError => false,
    }
}

/// The same policies with one of them a step stricter wherever it says something.
fn tightened(
    policies: &[Object<PeerAuthentication>],
    which: &Index,
) -> Vec<Object<PeerAuthentication>> {
    let mut tightened = policies.to_vec();
    if let Some(policy) =
        (!policies.is_empty()).then(|| &mut tightened[which.index(policies.len())])
    {
        let spec = &mut policy.spec;
        spec.mtls = spec.mtls.map(stricter);
        spec.port_level_mtls
            .values_mut()
            .for_each(|mtls| *mtls = stricter(*mtls));
    }
    tightened
}

fn stricter(mtls: MutualTls) -> MutualTls {
    let mode = match mtls.mode {
        MtlsMode::Unset => MtlsMode::Unset,
        MtlsMode::Disable => MtlsMode::Permissive,
        MtlsMode::Permissive | MtlsMode::Strict => MtlsMode::Strict,
    };
    MutualTls { mode }
}

proptest! {
    #[test]
    fn a_stricter_policy_never_admits_more(
        policies in peer_authentications(),
        which in any::<Index>(),
        namespace in namespace(),
        labels in labels(),
        ports in ports(),
        port in 80_u16..84,
        transport in transport(),
        http in any::<bool>(),
    ) {
        let arrival = Arrival { port, transport, http };
        let admits = |policies: &[Object<PeerAuthentication>]| {
            let modes = PeerAuthentications::new(policies, ROOT).modes_of(&namespace, &labels).value;
            admits_anonymous(&modes, &ports, arrival)
        };
        let after = tightened(&policies, &which);
        prop_assert!(admits(&policies) || !admits(&after));
    }

    #[test]
    fn a_strict_workload_never_admits_anybody_unknown(
        ports in ports(),
        port in 80_u16..84,
        transport in transport(),
        http in any::<bool>(),
    ) {
        let strict = ServerModes::all(istio::tls::ServerMode::Strict);
        let arrival = Arrival { port, transport, http };
        prop_assert!(!admits_anonymous(&strict, &ports, arrival));
    }
}
