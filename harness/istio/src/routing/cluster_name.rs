//! The names of Envoy's clusters, which are also the SNI of mesh connections.

use std::{borrow::Cow, fmt, sync::Arc};

use super::rules;
use crate::Decision;

/// Which way a cluster's traffic goes, seen from its proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// To other workloads.
    Outbound,
    /// To the proxy's own workload.
    Inbound,
}

impl Direction {
    /// The word as it stands in names.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Outbound => "outbound",
            Self::Inbound => "inbound",
        }
    }
}

/// What names a cluster of Envoy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClusterKey {
    /// Which way its traffic goes.
    pub direction: Direction,
    /// The service port, or the workload port of an inbound cluster.
    pub port: u16,
    /// The subset; empty if there is none.
    pub subset: String,
    /// The service's host; empty for inbound clusters.
    pub host: Arc<str>,
}

/// A name taken apart as far as it goes; what is missing or malformed is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyParts<'a> {
    /// The word before the first separator.
    pub direction: &'a str,
    /// The port; 0 if it is no number.
    pub port: u16,
    /// The subset.
    pub subset: &'a str,
    /// The host.
    pub host: &'a str,
}

/// Between the parts of a cluster's name.
const BAR: &str = "|";

/// Between the parts of an SNI.
const DOT: &str = "_.";

impl ClusterKey {
    /// The cluster of a service's port and subset.
    pub fn outbound(port: u16, subset: &str, host: impl Into<Arc<str>>) -> Self {
        Self {
            direction: Direction::Outbound,
            port,
            subset: subset.to_owned(),
            host: host.into(),
        }
    }

    /// The cluster of a port of the proxy's own workload.
    pub fn inbound(port: u16) -> Self {
        Self {
            direction: Direction::Inbound,
            port,
            subset: String::new(),
            host: "".into(),
        }
    }

    /// The cluster's name: `outbound|PORT|SUBSET|HOST`.
    pub fn cluster_name(&self) -> Decision<String> {
        Decision::new(self.joined(BAR), rules::CLUSTER_NAME)
    }

    /// The SNI under which east-west gateways know the cluster: `outbound_.PORT_.SUBSET_.HOST`.
    pub fn sni(&self) -> Decision<String> {
        Decision::new(self.joined(DOT), rules::SNI_NAME)
    }

    fn joined(&self, between: &str) -> String {
        let mut text = String::new();
        self.join(between, &mut text)
            .expect("a String takes whatever is written");
        text
    }

    fn join(&self, between: &str, to: &mut impl fmt::Write) -> fmt::Result {
        let Self {
            direction,
            port,
            subset,
            host,
        } = self;
        let direction = direction.as_str();
        write!(
            to,
            "{direction}{between}{port}{between}{subset}{between}{host}"
        )
    }
}

impl fmt::Display for ClusterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.join(BAR, f)
    }
}

/// Takes a cluster's name or an SNI apart. Nothing is refused: a malformed name has empty parts.
pub fn parse(key: &str) -> Decision<KeyParts<'_>> {
    Decision::new(parts(key, separator(key)), rules::CLUSTER_NAME)
}

/// The host in a cluster's name or an SNI. In a name it is what follows the last bar.
pub fn host_of(key: &str) -> Decision<&str> {
    let host = match key.rsplit_once(BAR) {
        Some((_, host)) => host,
        None => parts(key, separator(key)).host,
    };
    Decision::new(host, rules::CLUSTER_NAME)
}

/// Whether a text has the parts of a cluster's name.
pub fn is_cluster_name(key: &str) -> Decision<bool> {
    Decision::new(key.matches(BAR).count() == 3, rules::CLUSTER_NAME)
}

/// The SNI that a cluster's name stands for; a text that is no cluster's name stays as it is.
pub fn sni_of(cluster: &str) -> Cow<'_, str> {
    match is_cluster_name(cluster).value {
        true => Cow::Owned(cluster.replace(BAR, DOT)),
        false => Cow::Borrowed(cluster),
    }
}

fn separator(key: &str) -> &'static str {
    match key.starts_with("outbound_.") || key.starts_with("inbound_.") {
        true => DOT,
        false => BAR,
    }
}

fn parts<'a>(key: &'a str, between: &str) -> KeyParts<'a> {
    let mut parts = KeyParts::default();
    let mut rest = key.splitn(4, between);
    // The last piece is never a part of its own: a part ends with a separator.
    let pieces: [Option<&str>; 4] = std::array::from_fn(|_| rest.next());
    if let [Some(direction), Some(_), ..] = pieces {
        parts.direction = direction;
    }
    if let [_, Some(port), Some(_), _] = pieces {
        parts.port = port.parse().unwrap_or_default();
    }
    if let [_, _, Some(subset), Some(host)] = pieces {
        parts.subset = subset;
        parts.host = if host.contains(between) { "" } else { host };
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_is_named_by_direction_port_subset_and_host() {
        let key = ClusterKey::outbound(8443, "v2", "cart.shop.svc.cluster.local");
        assert_eq!(
            key.cluster_name().value,
            "outbound|8443|v2|cart.shop.svc.cluster.local"
        );
        assert_eq!(
            key.sni().value,
            "outbound_.8443_.v2_.cart.shop.svc.cluster.local"
        );
        assert_eq!(key.to_string(), key.cluster_name().value);
        assert_eq!(ClusterKey::inbound(80).cluster_name().value, "inbound|80||");
    }

    #[test]
    fn names_and_sni_come_apart_as_they_were_put_together() {
        let key = ClusterKey::outbound(80, "v2", "cart.shop");
        for text in [key.cluster_name().value, key.sni().value] {
            let parts = parse(&text).value;
            assert_eq!(
                (parts.direction, parts.port, parts.subset, parts.host),
                ("outbound", 80, "v2", "cart.shop")
            );
            assert_eq!(host_of(&text).value, "cart.shop");
        }
        assert_eq!(sni_of("outbound|80|v2|cart.shop"), key.sni().value);
        assert_eq!(sni_of("example.com"), "example.com");
    }

    #[test]
    fn a_malformed_name_has_the_parts_that_end_in_a_separator() {
        let of = |key| {
            let KeyParts {
                direction,
                port,
                subset,
                host,
            } = parse(key).value;
            (direction, port, subset, host)
        };
        assert_eq!(of("outbound"), ("", 0, "", ""));
        assert_eq!(of("outbound|80"), ("outbound", 0, "", ""));
        assert_eq!(of("outbound|80|v1"), ("outbound", 80, "", ""));
        assert_eq!(of("outbound|x|v1|host"), ("outbound", 0, "v1", "host"));
        assert_eq!(of("outbound|80|v1|host|more"), ("outbound", 80, "v1", ""));
    }

    #[test]
    fn a_cluster_name_has_exactly_three_bars() {
        assert!(is_cluster_name("a|b|c|d").value);
        assert!(!is_cluster_name("a|b|c").value);
        assert!(!is_cluster_name("a|b|c|d|e").value);
    }
}
