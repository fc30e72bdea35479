//! What the clauses of a rule are about.

/// An attribute of a request or connection.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Attribute {
    /// The identity in the peer's certificate.
    SourcePrincipal,
    /// The namespace of that identity.
    SourceNamespace,
    /// The service account of that identity.
    SourceServiceAccount,
    /// The trust domain of that identity.
    SourceTrustDomain,
    /// The peer's address.
    SourceIp,
    /// The client's address, as forwarding headers tell it.
    RemoteIp,
    /// The address that was called.
    DestinationIp,
    /// The workload port that was called.
    DestinationPort,
    /// The server name in the TLS hello.
    ConnectionSni,
    /// The request's authority.
    Host,
    /// The request's path.
    Path,
    /// The request's method.
    Method,
    /// A header of the request.
    Header(String),
    /// Something of a verified token: its principal, audiences, presenter or a claim.
    Token(String),
    /// Something that a filter of Envoy noted.
    EnvoyFilter(String),
}

impl Attribute {
    /// The attribute that a condition's key names; `None` if Istio knows none.
    pub fn of_key(key: &str) -> Option<Self> {
        let plain = match key {
            "source.ip" => Self::SourceIp,
            "remote.ip" => Self::RemoteIp,
            "source.namespace" => Self::SourceNamespace,
            "source.serviceAccount" => Self::SourceServiceAccount,
            "source.trustDomain" => Self::SourceTrustDomain,
            "source.principal" => Self::SourcePrincipal,
            "destination.ip" => Self::DestinationIp,
            "destination.port" => Self::DestinationPort,
            "connection.sni" => Self::ConnectionSni,
            "request.auth.principal" | "request.auth.audiences" | "request.auth.presenter" => {
                Self::Token(key.to_owned())
            }
            _ => return Self::of_bracketed(key),
        };
        Some(plain)
    }

    fn of_bracketed(key: &str) -> Option<Self> {
        if key.starts_with("experimental.envoy.filters.") {
            return Some(Self::EnvoyFilter(key.to_owned()));
        }
        if key.starts_with("request.auth.claims") {
            return Some(Self::Token(key.to_owned()));
        }
        let header = key.strip_prefix("request.headers")?;
        let name = header.strip_prefix('[')?.strip_suffix(']')?;
        Some(Self::Header(name.to_owned()))
    }

    /// Whether only HTTP requests have it.
    pub fn is_http(&self) -> bool {
        match self {
            Self::Host | Self::Path | Self::Method | Self::Header(_) | Self::Token(_) => true,
            Self::SourcePrincipal
            | Self::SourceNamespace
            | Self::SourceServiceAccount
            | Self::SourceTrustDomain
            | Self::SourceIp
            | Self::RemoteIp
            | Self::DestinationIp
            | Self::DestinationPort
            | Self::ConnectionSni
            | Self::EnvoyFilter(_) => false,
        }
    }

    /// Whether it is about what is called, and not about who calls.
    pub fn is_about_the_operation(&self) -> bool {
        matches!(
            self,
            Self::DestinationIp
                | Self::DestinationPort
                | Self::ConnectionSni
                | Self::EnvoyFilter(_)
                | Self::Host
                | Self::Path
                | Self::Method
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_istio_names_an_attribute_and_no_other_does() {
        for key in [
            "source.ip",
            "remote.ip",
            "source.namespace",
            "source.serviceAccount",
            "source.trustDomain",
            "source.principal",
            "destination.ip",
            "destination.port",
            "connection.sni",
        ] {
            let attribute = Attribute::of_key(key).unwrap();
            assert!(!attribute.is_http(), "{key}");
            let operation = key.starts_with("destination") || key.starts_with("connection");
            assert_eq!(attribute.is_about_the_operation(), operation, "{key}");
        }
        let header = Attribute::of_key("request.headers[x-user]");
        assert_eq!(header, Some(Attribute::Header("x-user".to_owned())));
        for key in [
            "request.auth.principal",
            "request.auth.audiences",
            "request.auth.presenter",
            "request.auth.claims[iss]",
        ] {
            assert_eq!(
                Attribute::of_key(key),
                Some(Attribute::Token(key.to_owned()))
            );
        }
        let filter = "experimental.envoy.filters.a.b[c]";
        assert_eq!(
            Attribute::of_key(filter),
            Some(Attribute::EnvoyFilter(filter.to_owned()))
        );
        for key in [
            "source.user",
            "request.headers",
            "request.headers[x",
            "destination.name",
            "",
        ] {
            assert_eq!(Attribute::of_key(key), None, "{key}");
        }
    }

    #[test]
    fn what_only_requests_have_is_http() {
        for attribute in [Attribute::Host, Attribute::Path, Attribute::Method] {
            assert!(attribute.is_http() && attribute.is_about_the_operation());
        }
        assert!(Attribute::Header(String::new()).is_http());
        assert!(!Attribute::Header(String::new()).is_about_the_operation());
    }
}
