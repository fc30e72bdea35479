//! What happens to connections that exist already.

use crate::{Decision, envoy::rules};

/// How a proxy carries a connection on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carries {
    /// Requests of HTTP, over pooled connections.
    Http,
    /// Bytes of TCP, or TLS passed through.
    Tunnel,
}

/// How often a proxy picks a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pick {
    /// For every request, over however few connections.
    PerRequest,
    /// Once, when the connection starts.
    PerConnection,
}

/// How often a proxy picks a host; picks are what is independent in a share of traffic.
pub fn picks(carries: Carries) -> Decision<Pick> {
    match carries {
        Carries::Http => Decision::new(Pick::PerRequest, rules::PICKED_PER_REQUEST),
        Carries::Tunnel => Decision::new(Pick::PerConnection, rules::PICKED_PER_CONNECTION),
    }
}

/// Something that happens while a connection stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happens {
    /// The control plane does not answer.
    ControlPlaneAway,
    /// A certificate it was made with expires.
    CertificateExpires,
    /// The host is only marked not ready.
    HostNotReady,
    /// The host is removed from the endpoints.
    HostRemoved,
    /// The host is ejected.
    HostEjected,
    /// The pod at the other end ends.
    PodEnds,
}

/// What becomes of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It stays as it is.
    Stays,
    /// It finishes what it carries and takes nothing new.
    Drains,
    /// It is closed.
    Closes,
}

/// What becomes of a connection when something happens.
pub fn fate(carries: Carries, happens: Happens) -> Decision<Fate> {
    match (happens, carries) {
        (
            Happens::ControlPlaneAway | Happens::CertificateExpires | Happens::HostNotReady,
            Carries::Http | Carries::Tunnel,
        )
        | (Happens::HostRemoved | Happens::HostEjected, Carries::Tunnel) => {
            Decision::new(Fate::Stays, rules::CONNECTION_KEPT)
        }
        (Happens::HostRemoved | Happens::HostEjected, Carries::Http) => {
            Decision::new(Fate::Drains, rules::CONNECTION_DRAINED)
        }
        (Happens::PodEnds, Carries::Http | Carries::Tunnel) => {
            Decision::new(Fate::Closes, rules::CONNECTION_CLOSED)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_http_drains_when_its_host_goes() {
        for happens in [Happens::HostRemoved, Happens::HostEjected] {
            assert_eq!(fate(Carries::Http, happens).value, Fate::Drains);
            assert_eq!(fate(Carries::Tunnel, happens).value, Fate::Stays);
        }
        assert_eq!(fate(Carries::Tunnel, Happens::PodEnds).value, Fate::Closes);
        assert_eq!(
            fate(Carries::Http, Happens::CertificateExpires).value,
            Fate::Stays
        );
    }

    #[test]
    fn a_tunnel_is_bound_to_one_host() {
        assert_eq!(picks(Carries::Tunnel).value, Pick::PerConnection);
        assert_eq!(picks(Carries::Http).value, Pick::PerRequest);
    }
}
