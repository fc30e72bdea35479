//! How the values of a rule are compared. Each attribute has its own notation.

use std::net::IpAddr;

use ipnet::IpNet;

use super::attribute::Attribute;
use crate::identity::spiffe::SCHEME;

/// A comparison with one text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pattern {
    /// There at all, and not empty.
    Present,
    /// The same text.
    Exact(String),
    /// A text that begins so.
    Prefix(String),
    /// A text that ends so.
    Suffix(String),
    /// A text with anything, also nothing, in place of each gap between these parts.
    Parts(Vec<String>),
    /// An identity in a trust domain with anything but a slash between these two parts.
    TrustDomain(String, String),
    /// An identity of this namespace and service account.
    ServiceAccount(String, String),
    /// An address in this range.
    Range(IpNet),
    /// This port.
    Port(u16),
    /// A path of these segments.
    Path(Vec<Segment>),
}

/// A segment of a path template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// This text.
    Literal(String),
    /// Any one segment: `{*}`.
    One,
    /// Any number of segments, also none: `{**}`.
    Any,
}

impl Pattern {
    /// The pattern that a value stands for; `None` if it is malformed. `namespace` is the
    /// policy's, which completes service accounts.
    pub fn of(attribute: &Attribute, value: &str, namespace: &str) -> Option<Self> {
        Some(match attribute {
            Attribute::SourcePrincipal => principal(value),
            Attribute::SourceNamespace => parts(&format!("*/ns/{value}/*")),
            Attribute::SourceTrustDomain => trust_domain(value),
            Attribute::SourceServiceAccount => service_account(value, namespace),
            Attribute::SourceIp | Attribute::RemoteIp | Attribute::DestinationIp => {
                Self::Range(range(value)?)
            }
            Attribute::DestinationPort => Self::Port(value.parse().ok()?),
            Attribute::Path if value.contains("{*}") || value.contains("{**}") => path(value),
            Attribute::Host => plain(&value.to_ascii_lowercase()),
            Attribute::ConnectionSni
            | Attribute::Path
            | Attribute::Method
            | Attribute::Header(_)
            | Attribute::Token(_)
            | Attribute::EnvoyFilter(_) => plain(value),
        })
    }

    /// Whether a text is such a one. Ports and ranges compare with [`Pattern::takes_port`] and
    /// [`Pattern::takes_address`].
    pub fn takes(&self, text: &str) -> bool {
        match self {
            Self::Present => !text.is_empty(),
            Self::Exact(exact) => text == exact,
            Self::Prefix(prefix) => text.starts_with(prefix),
            Self::Suffix(suffix) => text.ends_with(suffix),
            Self::Parts(parts) => fits(text, parts),
            Self::TrustDomain(head, tail) => is_in_trust_domain(text, head, tail),
            Self::ServiceAccount(namespace, account) => text
                .strip_prefix(SCHEME)
                .and_then(|rest| rest.split_once('/'))
                .is_some_and(|(_, path)| path == format!("ns/{namespace}/sa/{account}")),
            Self::Path(segments) => walk(&text.split('/').collect::<Vec<_>>(), segments),
            Self::Range(_) | Self::Port(_) => false,
        }
    }

    /// Whether a port is this one.
    pub fn takes_port(&self, port: u16) -> bool {
        *self == Self::Port(port)
    }

    /// Whether an address lies in this range.
    pub fn takes_address(&self, address: IpAddr) -> bool {
        matches!(self, Self::Range(range) if range.contains(&address))
    }
}

fn plain(value: &str) -> Pattern {
    match (value.strip_prefix('*'), value.strip_suffix('*')) {
        _ if value == "*" => Pattern::Present,
        (Some(suffix), _) => Pattern::Suffix(suffix.to_owned()),
        (None, Some(prefix)) => Pattern::Prefix(prefix.to_owned()),
        (None, None) => Pattern::Exact(value.to_owned()),
    }
}

fn principal(value: &str) -> Pattern {
    match plain(value) {
        Pattern::Suffix(suffix) => Pattern::Parts(vec![SCHEME.to_owned(), suffix]),
        Pattern::Prefix(prefix) => Pattern::Prefix(format!("{SCHEME}{prefix}")),
        Pattern::Exact(exact) => Pattern::Exact(format!("{SCHEME}{exact}")),
        other => other,
    }
}

fn parts(value: &str) -> Pattern {
    Pattern::Parts(value.split('*').map(str::to_owned).collect())
}

fn trust_domain(value: &str) -> Pattern {
    match value.split_once('*') {
        _ if value == "*" => Pattern::Prefix(SCHEME.to_owned()),
        Some((head, tail)) => Pattern::TrustDomain(head.to_owned(), tail.to_owned()),
        None => Pattern::Prefix(format!("{SCHEME}{value}/")),
    }
}

fn service_account(value: &str, namespace: &str) -> Pattern {
    let (namespace, account) = value.split_once('/').unwrap_or((namespace, value));
    Pattern::ServiceAccount(namespace.to_owned(), account.to_owned())
}

fn range(value: &str) -> Option<IpNet> {
    let address = || value.parse::<IpAddr>().map(IpNet::from);
    value.parse::<IpNet>().or_else(|_| address()).ok()
}

fn path(value: &str) -> Pattern {
    let segment = |text: &str| match text {
        "{*}" => Segment::One,
        "{**}" => Segment::Any,
        literal => Segment::Literal(literal.to_owned()),
    };
    Pattern::Path(value.split('/').map(segment).collect())
}

/// Whether `text` is the parts in order with anything between them.
fn fits(text: &str, parts: &[String]) -> bool {
    let Some((first, rest)) = parts.split_first() else {
        return text.is_empty();
    };
    let Some(mut left) = text.strip_prefix(first.as_str()) else {
        return false;
    };
    let Some((last, middle)) = rest.split_last() else {
        return left.is_empty();
    };
    for part in middle {
        let Some(at) = left.find(part.as_str()) else {
            return false;
        };
        left = &left[at + part.len()..];
    }
    left.ends_with(last.as_str())
}

fn is_in_trust_domain(text: &str, head: &str, tail: &str) -> bool {
    let domain = text
        .strip_prefix(SCHEME)
        .and_then(|rest| rest.split_once('/'));
    domain.is_some_and(|(domain, _)| {
        domain.len() >= head.len() + tail.len()
            && domain.starts_with(head)
            && domain.ends_with(tail)
    })
}

fn walk(path: &[&str], segments: &[Segment]) -> bool {
    match (segments.split_first(), path.split_first()) {
        (None, first) => first.is_none(),
        (Some((Segment::Any, rest)), first) => {
            walk(path, rest) || first.is_some_and(|(_, left)| walk(left, segments))
        }
        (Some((Segment::One, rest)), Some((one, left))) => !one.is_empty() && walk(left, rest),
        (Some((Segment::Literal(text), rest)), Some((one, left))) => {
            one == text && walk(left, rest)
        }
        (Some(_), None) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CART: &str = "spiffe://east.example/ns/shop/sa/cart";

    fn takes(attribute: Attribute, value: &str, text: &str) -> bool {
        Pattern::of(&attribute, value, "shop").unwrap().takes(text)
    }

    #[test]
    fn a_principal_is_compared_with_the_whole_identity() {
        let takes = |value| takes(Attribute::SourcePrincipal, value, CART);
        for value in [
            "east.example/ns/shop/sa/cart",
            "*",
            "*/ns/shop/sa/cart",
            "*art",
            "east.example/ns/shop/*",
        ] {
            assert!(takes(value), "{value}");
        }
        for value in [
            "east.example/ns/shop/sa/car",
            "*/sa/pay",
            "west*",
            "ns/shop/sa/cart",
        ] {
            assert!(!takes(value), "{value}");
        }
    }

    #[test]
    fn a_namespace_is_compared_in_any_trust_domain() {
        let takes = |value| takes(Attribute::SourceNamespace, value, CART);
        for value in ["shop", "*", "sh*", "*op", "s*p"] {
            assert!(takes(value), "{value}");
        }
        for value in ["sho", "hop", "bank", "shopx*"] {
            assert!(!takes(value), "{value}");
        }
    }

    #[test]
    fn a_trust_domain_is_compared_up_to_the_slash() {
        let takes = |value| takes(Attribute::SourceTrustDomain, value, CART);
        for value in ["east.example", "*", "east.*", "*.example", "east*example"] {
            assert!(takes(value), "{value}");
        }
        for value in [
            "east",
            "east.example.org",
            "*.org",
            "west*",
            "east.example*example",
            "*/ns/shop",
        ] {
            assert!(!takes(value), "{value}");
        }
    }

    #[test]
    fn a_service_account_is_completed_with_the_policys_namespace() {
        let takes = |value| takes(Attribute::SourceServiceAccount, value, CART);
        assert!(takes("cart") && takes("shop/cart"));
        assert!(!takes("bank/cart") && !takes("car") && !takes("shop/pay"));
    }

    #[test]
    fn what_is_no_identity_has_neither_account_nor_trust_domain() {
        for text in [
            "cart.example",
            "east.example/ns/shop/sa/cart",
            "spiffe://east.example",
        ] {
            assert!(
                !takes(Attribute::SourceServiceAccount, "cart", text),
                "{text}"
            );
            assert!(
                !takes(Attribute::SourceTrustDomain, "east*", text),
                "{text}"
            );
        }
    }

    #[test]
    fn other_texts_know_a_star_at_either_end() {
        let takes = |value, text| takes(Attribute::Method, value, text);
        assert!(takes("GET", "GET") && !takes("GET", "get"));
        assert!(takes("*", "GET") && !takes("*", ""));
        assert!(takes("P*", "POST") && takes("*T", "POST") && !takes("P*", "GET"));
    }

    #[test]
    fn a_host_is_compared_in_lower_case() {
        assert!(takes(Attribute::Host, "*.Example.org", "a.example.org"));
        assert!(!takes(Attribute::Host, "*.example.org", "example.org"));
    }

    #[test]
    fn a_path_template_counts_segments() {
        let takes = |value, text| takes(Attribute::Path, value, text);
        assert!(takes("/a/{*}/c", "/a/b/c") && !takes("/a/{*}/c", "/a//c"));
        assert!(!takes("/a/{*}", "/a/b/c") && !takes("/a/{*}", "/a"));
        assert!(takes("/a/{**}", "/a/b/c") && takes("/a/{**}", "/a"));
        assert!(takes("/{**}/c", "/a/b/c") && !takes("/{**}/c", "/a/b"));
        assert!(takes("/a*", "/ab/c") && takes("/a", "/a") && !takes("/a", "/a/"));
    }

    #[test]
    fn addresses_lie_in_ranges_and_ports_are_numbers() {
        let of = |attribute: Attribute, value| Pattern::of(&attribute, value, "");
        let range = of(Attribute::SourceIp, "10.0.0.0/8").unwrap();
        assert!(
            range.takes_address([10, 1, 2, 3].into()) && !range.takes_address([11, 0, 0, 1].into())
        );
        let one = of(Attribute::DestinationIp, "10.0.0.1").unwrap();
        assert!(
            one.takes_address([10, 0, 0, 1].into()) && !one.takes_address([10, 0, 0, 2].into())
        );
        assert!(!one.takes("10.0.0.1"));
        let port = of(Attribute::DestinationPort, "80").unwrap();
        assert!(port.takes_port(80) && !port.takes_port(81) && !port.takes("80"));
        assert_eq!(of(Attribute::DestinationPort, "http"), None);
        assert_eq!(of(Attribute::RemoteIp, "10.0.0.0/99"), None);
        assert!(!port.takes_address([10, 0, 0, 1].into()));
    }

    #[test]
    fn gaps_between_parts_do_not_overlap() {
        let fits = |text, pattern: &str| {
            fits(
                text,
                &pattern.split('*').map(str::to_owned).collect::<Vec<_>>(),
            )
        };
        assert!(fits("abc", "abc") && !fits("abcd", "abc"));
        assert!(fits("abab", "ab*ab") && !fits("ab", "ab*ab"));
        assert!(fits("a-b-c", "a*b*c") && !fits("a-c-b", "a*b*c"));
        assert!(fits("", "") && fits("x", "*") && !fits("xb", "a*"));
    }
}
