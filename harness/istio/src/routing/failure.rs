//! What fails how: from the cause of a failure to what the client sees of it.

use world::Refusal;

use super::rules;
use crate::Decision;

/// Why there is no answer, where the client has a proxy that finds out by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProxyCause {
    /// REGISTRY_ONLY, and the destination is unknown or not imported.
    UnknownDestination,
    /// The virtual service of the host has no route for the request.
    NoRoute,
    /// The route leads to a cluster that does not exist: a host or subset that nobody defines.
    NoCluster,
    /// The cluster has no endpoint that may be used.
    NoHealthyHost,
    /// A connection pool is full.
    Overflow,
    /// The route's time-out is over.
    RouteTimeout,
}

/// Why there is no answer, where something on the way or at the server is the reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum WireCause {
    /// The name does not resolve.
    NoDnsRecord,
    /// Packets vanish: another network, a partition, a machine that is gone.
    Unreachable,
    /// Nobody listens at the address.
    ConnectionRefused,
    /// A gateway knows no such server name, or has no endpoint behind it: it closes the
    /// connection before TLS is established.
    GatewayClosed,
    /// The server asks for mutual TLS and gets plaintext.
    PlaintextToStrict,
    /// The server reads plaintext and gets TLS.
    TlsToPlaintext,
    /// The certificates do not verify: roots, trust domain, secure naming, expiry.
    HandshakeFailed,
    /// An AuthorizationPolicy refuses.
    Denied,
    /// The server's proxy does not reach the application.
    ApplicationGone,
    /// The connection breaks while a request is in flight.
    ConnectionBroken,
}

/// How the client's application speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaks {
    /// HTTP requests.
    Http,
    /// Bytes on a connection.
    Tcp,
}

/// What the client sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// How the call is refused.
    pub refusal: Refusal,
    /// Envoy's response flag in the client's proxy, as evidence of the class of failure.
    pub flag: Option<&'static str>,
}

/// What a client behind a sidecar sees of what its proxy found out by itself.
pub fn of_proxy(cause: ProxyCause, speaks: Speaks) -> Decision<Seen> {
    let (status, flag) = match cause {
        ProxyCause::UnknownDestination => (502, None),
        ProxyCause::NoRoute => (404, Some("NR")),
        ProxyCause::NoCluster => (503, Some("NC")),
        ProxyCause::NoHealthyHost => (503, Some("UH")),
        ProxyCause::Overflow => (503, Some("UO")),
        ProxyCause::RouteTimeout => (504, Some("UT")),
    };
    seen(answer(status, speaks), flag)
}

/// What a client behind a sidecar sees of what happened on the way. Its proxy has accepted the
/// application's connection by then, so that TCP shows no more than its end.
pub fn behind_sidecar(cause: WireCause, speaks: Speaks) -> Decision<Seen> {
    match cause {
        WireCause::NoDnsRecord => seen(Refusal::Dns, None),
        WireCause::Denied => seen(answer(403, speaks), None),
        WireCause::ApplicationGone => seen(answer(503, speaks), None),
        WireCause::PlaintextToStrict | WireCause::ConnectionBroken => {
            seen(answer(503, speaks), Some("UC"))
        }
        WireCause::Unreachable
        | WireCause::ConnectionRefused
        | WireCause::GatewayClosed
        | WireCause::TlsToPlaintext
        | WireCause::HandshakeFailed => seen(answer(503, speaks), Some("UF")),
    }
}

/// What a client without a proxy of its own sees.
pub fn without_sidecar(cause: WireCause, speaks: Speaks) -> Decision<Seen> {
    let refusal = match cause {
        WireCause::NoDnsRecord => Refusal::Dns,
        WireCause::Unreachable => Refusal::Timeout,
        WireCause::ConnectionRefused => Refusal::Refused,
        WireCause::Denied => answer(403, speaks),
        WireCause::ApplicationGone => answer(503, speaks),
        WireCause::GatewayClosed
        | WireCause::PlaintextToStrict
        | WireCause::TlsToPlaintext
        | WireCause::HandshakeFailed
        | WireCause::ConnectionBroken => Refusal::Reset,
    };
    seen(refusal, None)
}

fn answer(status: u16, speaks: Speaks) -> Refusal {
    match speaks {
        Speaks::Http => Refusal::Http(status),
        Speaks::Tcp => Refusal::Reset,
    }
}

fn seen(refusal: Refusal, flag: Option<&'static str>) -> Decision<Seen> {
    Decision::new(Seen { refusal, flag }, rules::FAILURE)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ON_THE_WAY: [WireCause; 10] = [
        WireCause::NoDnsRecord,
        WireCause::Unreachable,
        WireCause::ConnectionRefused,
        WireCause::GatewayClosed,
        WireCause::PlaintextToStrict,
        WireCause::TlsToPlaintext,
        WireCause::HandshakeFailed,
        WireCause::Denied,
        WireCause::ApplicationGone,
        WireCause::ConnectionBroken,
    ];

    #[test]
    fn a_proxy_answers_for_what_it_finds_out_by_itself() {
        for (cause, status, flag) in [
            (ProxyCause::UnknownDestination, 502, None),
            (ProxyCause::NoRoute, 404, Some("NR")),
            (ProxyCause::NoCluster, 503, Some("NC")),
            (ProxyCause::NoHealthyHost, 503, Some("UH")),
            (ProxyCause::Overflow, 503, Some("UO")),
            (ProxyCause::RouteTimeout, 504, Some("UT")),
        ] {
            let refusal = Refusal::Http(status);
            assert_eq!(
                of_proxy(cause, Speaks::Http).value,
                Seen { refusal, flag },
                "{cause:?}"
            );
            assert_eq!(
                of_proxy(cause, Speaks::Tcp).value.refusal,
                Refusal::Reset,
                "{cause:?}"
            );
        }
    }

    #[test]
    fn behind_a_sidecar_http_gets_a_status_and_tcp_an_end() {
        for cause in ON_THE_WAY {
            let tcp = behind_sidecar(cause, Speaks::Tcp).value.refusal;
            let http = behind_sidecar(cause, Speaks::Http).value;
            let expected = match cause {
                WireCause::NoDnsRecord => (Refusal::Dns, None),
                WireCause::Denied => (Refusal::Http(403), None),
                WireCause::ApplicationGone => (Refusal::Http(503), None),
                WireCause::PlaintextToStrict | WireCause::ConnectionBroken => {
                    (Refusal::Http(503), Some("UC"))
                }
                _ => (Refusal::Http(503), Some("UF")),
            };
            assert_eq!((http.refusal, http.flag), expected, "{cause:?}");
            let end = if cause == WireCause::NoDnsRecord {
                Refusal::Dns
            } else {
                Refusal::Reset
            };
            assert_eq!(tcp, end, "{cause:?}");
        }
    }

    #[test]
    fn without_a_sidecar_the_client_sees_the_wire() {
        let bare = |cause| without_sidecar(cause, Speaks::Http).value.refusal;
        assert_eq!(bare(WireCause::NoDnsRecord), Refusal::Dns);
        assert_eq!(bare(WireCause::Unreachable), Refusal::Timeout);
        assert_eq!(bare(WireCause::ConnectionRefused), Refusal::Refused);
        assert_eq!(bare(WireCause::Denied), Refusal::Http(403));
        assert_eq!(bare(WireCause::ApplicationGone), Refusal::Http(503));
        for cause in [
            WireCause::GatewayClosed,
            WireCause::PlaintextToStrict,
            WireCause::TlsToPlaintext,
            WireCause::HandshakeFailed,
            WireCause::ConnectionBroken,
        ] {
            assert_eq!(bare(cause), Refusal::Reset, "{cause:?}");
        }
        assert_eq!(
            without_sidecar(WireCause::Denied, Speaks::Tcp)
                .value
                .refusal,
            Refusal::Reset
        );
    }
}
