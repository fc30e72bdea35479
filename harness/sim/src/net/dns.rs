//! Cluster DNS: what a pod's resolver makes of a name, as CoreDNS' `kubernetes` plugin answers.
//!
//! Pure: the records come from a [`Records`], time passes elsewhere. Source: the specification of
//! Kubernetes DNS-based service discovery 1.1.0, and resolv.conf(5) for search lists.

use std::{any::Any, collections::BTreeSet, net::Ipv4Addr, sync::Arc};

/// The ordinary domain of a cluster.
pub const CLUSTER_DOMAIN: &str = "cluster.local";

/// How many aliases are followed before a resolver gives up.
const MAX_ALIASES: usize = 8;

/// The resolver's configuration of a client: its resolv.conf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolver {
    /// Domains that are tried behind a name, in order.
    pub search: Vec<String>,
    /// A name with fewer dots is tried with the search domains first.
    pub ndots: usize,
}

/// What a cluster's DNS knows.
pub trait Records {
    /// The Service of that name.
    fn service(&self, namespace: &str, name: &str) -> Option<Record>;

    /// The address of the ready endpoint of a headless Service that has this host name.
    fn endpoint(&self, namespace: &str, service: &str, hostname: &str) -> Option<Ipv4Addr>;
}

/// Answers a host's queries before anybody else does: a proxy that captures DNS.
pub trait Names: Send + Sync {
    /// The addresses of a full name, or of one as the application wrote it; `None` leaves the query
    /// to the DNS that would have got it.
    fn look_up(&self, name: &str) -> Option<Vec<Ipv4Addr>>;

    /// What the answers are worked out from: while it is the same, so are they. `None` while there
    /// is nothing, and no query is answered.
    fn source(&self) -> Option<Source>;
}

/// Whatever the answers of [`Names`] come from; it is only told apart from others.
pub type Source = Arc<dyn Any + Send + Sync>;

/// What a Service's name stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    /// Its cluster address.
    Address(Ipv4Addr),
    /// Headless: the addresses of its endpoints.
    Endpoints(BTreeSet<Ipv4Addr>),
    /// Another name.
    Alias(String),
}

/// What a name was found to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// The full name under which it was found, without a trailing dot.
    pub name: String,
    /// Its addresses; never empty.
    pub addresses: Vec<Ipv4Addr>,
}

/// A name that has no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no address for '{host}' (asked for {})", asked.join(", "))]
pub struct NoAddress {
    /// The name as the application wrote it.
    pub host: String,
    /// The full names that were asked for, in order.
    pub asked: Vec<String>,
}

impl Resolver {
    /// The resolver of a pod with `dnsPolicy: ClusterFirst`.
    pub fn of_pod(namespace: &str) -> Self {
        Self {
            search: vec![
                format!("{namespace}.svc.{CLUSTER_DOMAIN}"),
                format!("svc.{CLUSTER_DOMAIN}"),
                CLUSTER_DOMAIN.to_owned(),
            ],
            ndots: 5,
        }
    }

    /// The resolver of a machine that knows no cluster.
    pub fn plain() -> Self {
        Self {
            search: Vec::new(),
            ndots: 1,
        }
    }

    /// The full names that are asked for, in order.
    pub fn candidates<'a>(&'a self, host: &'a str) -> impl Iterator<Item = String> + use<'a> {
        let absolute = host.strip_suffix('.');
        let dotted = host.matches('.').count() >= self.ndots;
        let first = absolute.or_else(|| dotted.then_some(host));
        let search = if absolute.is_some() {
            &[][..]
        } else {
            &self.search
        };
        let searched = search.iter().map(move |domain| format!("{host}.{domain}"));
        let last = first.is_none().then_some(host);
        let first = first.map(str::to_owned).into_iter();
        first.chain(searched).chain(last.map(str::to_owned))
    }

    /// Resolves `host` as an application's call of getaddrinfo does. An IPv4 address is itself.
    ///
    /// # Errors
    /// [`NoAddress`] naming every full name that was asked for.
    pub fn resolve(&self, records: &impl Records, host: &str) -> Result<Resolved, NoAddress> {
        self.resolve_captured(None, records, host)
    }

    /// The same on a host whose queries are captured.
    ///
    /// # Errors
    /// As [`Resolver::resolve`].
    pub fn resolve_captured(
        &self,
        captured: Option<&dyn Names>,
        records: &impl Records,
        host: &str,
    ) -> Result<Resolved, NoAddress> {
        if let Ok(address) = host.parse() {
            return Ok(Resolved {
                name: host.to_owned(),
                addresses: vec![address],
            });
        }
        let lower = host.to_ascii_lowercase();
        let found = self.candidates(&lower).find_map(|name| {
            let known = captured.and_then(|names| names.look_up(&name));
            let known = known.filter(|addresses| !addresses.is_empty());
            let addresses = known.or_else(|| look_up(records, &name, MAX_ALIASES))?;
            Some(Resolved { name, addresses })
        });
        found.ok_or_else(|| NoAddress {
            host: host.to_owned(),
            asked: self.candidates(&lower).collect(),
        })
    }
}

/// The addresses of a full name, if it has any.
fn look_up(records: &impl Records, name: &str, aliases: usize) -> Option<Vec<Ipv4Addr>> {
    let in_cluster = name.strip_suffix(CLUSTER_DOMAIN)?.strip_suffix('.')?;
    let labels: Vec<&str> = in_cluster.split('.').collect();
    let addresses = match labels[..] {
        [service, namespace, "svc"] => match records.service(namespace, service)? {
            Record::Address(address) => vec![address],
            Record::Endpoints(addresses) => addresses.into_iter().collect(),
            Record::Alias(other) => look_up(records, &other, aliases.checked_sub(1)?)?,
        },
        [hostname, service, namespace, "svc"] => {
            vec![records.endpoint(namespace, service, hostname)?]
        }
        [address, _namespace, "pod"] => vec![address.replace('-', ".").parse().ok()?],
        _ => return None,
    };
    (!addresses.is_empty()).then_some(addresses)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Zone;

    impl Records for Zone {
        fn service(&self, namespace: &str, name: &str) -> Option<Record> {
            let headless = ["10.1.0.5", "10.1.0.6"].map(|a| a.parse().unwrap());
            match (namespace, name) {
                ("sample", "helloworld") => Some(Record::Address(Ipv4Addr::new(10, 96, 0, 7))),
                ("sample", "db") => Some(Record::Endpoints(headless.into())),
                ("sample", "empty") => Some(Record::Endpoints(BTreeSet::new())),
                ("sample", "alias") => Some(Record::Alias(
                    "helloworld.sample.svc.cluster.local".to_owned(),
                )),
                ("sample", "loop") => {
                    Some(Record::Alias("loop.sample.svc.cluster.local".to_owned()))
                }
                _ => None,
            }
        }

        fn endpoint(&self, namespace: &str, service: &str, hostname: &str) -> Option<Ipv4Addr> {
            let found = (namespace, service, hostname) == ("sample", "db", "db-0");
            found.then_some(Ipv4Addr::new(10, 1, 0, 5))
        }
    }

    fn addresses(namespace: &str, host: &str) -> Vec<String> {
        let resolved = Resolver::of_pod(namespace).resolve(&Zone, host);
        let found = resolved.map(|r| r.addresses).unwrap_or_default();
        found.iter().map(Ipv4Addr::to_string).collect()
    }

    #[test]
    fn short_names_are_completed_in_the_order_of_the_search_list() {
        for (namespace, host) in [
            ("sample", "helloworld"),
            ("other", "helloworld.sample"),
            ("other", "helloworld.sample.svc"),
            ("other", "helloworld.sample.svc.cluster.local"),
            ("other", "HelloWorld.sample.svc.cluster.local."),
        ] {
            assert_eq!(
                addresses(namespace, host),
                ["10.96.0.7"],
                "{host} in {namespace}"
            );
        }
        assert!(addresses("other", "helloworld").is_empty());
        assert!(addresses("sample", "helloworld.").is_empty());
    }

    #[test]
    fn a_headless_service_is_its_endpoints() {
        assert_eq!(addresses("sample", "db"), ["10.1.0.5", "10.1.0.6"]);
        assert_eq!(addresses("sample", "db-0.db"), ["10.1.0.5"]);
        assert!(addresses("sample", "db-1.db").is_empty());
        assert!(addresses("sample", "empty").is_empty());
    }

    #[test]
    fn aliases_are_followed_and_loops_are_not() {
        assert_eq!(addresses("sample", "alias"), ["10.96.0.7"]);
        assert!(addresses("sample", "loop").is_empty());
    }

    #[test]
    fn an_unknown_name_says_what_was_asked_for() {
        let error = Resolver::of_pod("sample")
            .resolve(&Zone, "nope")
            .unwrap_err();
        assert_eq!(
            error.asked,
            [
                "nope.sample.svc.cluster.local",
                "nope.svc.cluster.local",
                "nope.cluster.local",
                "nope"
            ]
        );
    }

    #[test]
    fn an_address_is_itself_and_a_pod_has_a_name_by_its_address() {
        assert_eq!(addresses("sample", "10.0.0.1"), ["10.0.0.1"]);
        assert_eq!(addresses("a", "10-0-0-1.a.pod.cluster.local"), ["10.0.0.1"]);
    }
}
