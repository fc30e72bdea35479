//! Headless services: the records are pods, never gateways.

use std::collections::BTreeMap;

use crate::{ClusterId, Decision, NetworkId, dns::rules, endpoint::Health, network::same_network};

/// A pod behind a headless service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pod {
    /// Its address.
    pub ip: String,
    /// Its own DNS name, if it has a hostname and a subdomain.
    pub name: Option<String>,
    /// Its network.
    pub network: NetworkId,
    /// Its cluster.
    pub cluster: ClusterId,
    /// Its health.
    pub health: Health,
}

/// What of a proxy and a service decides the records.
#[derive(Debug, Clone, Copy)]
pub struct Headless<'a> {
    /// The proxy's network.
    pub network: &'a NetworkId,
    /// The proxy's cluster.
    pub cluster: &'a ClusterId,
    /// The service's `publishNotReadyAddresses`.
    pub publish_not_ready: bool,
    /// `ENABLE_MULTICLUSTER_HEADLESS`.
    pub multicluster: bool,
}

impl Headless<'_> {
    fn published(&self, pod: &Pod) -> bool {
        let ready = self.publish_not_ready || pod.health == Health::Ready;
        ready && same_network(self.network, &pod.network)
    }

    fn in_cluster(&self, pod: &Pod) -> bool {
        self.cluster == &pod.cluster || self.cluster.is_unset() || pod.cluster.is_unset()
    }

    /// The addresses of the service's name, each once, in the order of the pods.
    pub fn addresses(&self, pods: &[Pod]) -> Decision<Vec<String>> {
        let mut found: Vec<String> = Vec::new();
        for pod in pods.iter().filter(|pod| self.published(pod)) {
            let counts = self.multicluster || self.in_cluster(pod);
            if counts && !found.contains(&pod.ip) {
                found.push(pod.ip.clone());
            }
        }
        Decision::new(found, rules::HEADLESS)
    }

    /// The addresses of the pods' own names. Where a name exists in several clusters, the
    /// proxy's own replaces the others.
    pub fn pod_names(&self, pods: &[Pod]) -> Decision<BTreeMap<String, Vec<String>>> {
        let names_in = |own: bool| {
            let mut names: BTreeMap<String, Vec<String>> = BTreeMap::new();
            let published = pods.iter().filter(|pod| self.published(pod));
            for pod in published.filter(|pod| self.in_cluster(pod) == own) {
                let Some(name) = &pod.name else { continue };
                names.entry(name.clone()).or_default().push(pod.ip.clone());
            }
            names
        };
        let mut names = names_in(false);
        names.extend(names_in(true));
        Decision::new(names, rules::POD_NAME)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(ip: &str, name: Option<&str>, cluster: &str) -> Pod {
        Pod {
            ip: ip.to_owned(),
            name: name.map(str::to_owned),
            network: NetworkId::default(),
            cluster: cluster.into(),
            health: Health::Ready,
        }
    }

    #[test]
    fn own_pods_replace_others_of_the_same_name_and_no_address_is_listed_twice() {
        let (network, cluster) = (NetworkId::default(), ClusterId::from("own"));
        let view = Headless {
            network: &network,
            cluster: &cluster,
            publish_not_ready: false,
            multicluster: true,
        };
        let pods = [
            pod("1", Some("a"), "own"),
            pod("2", Some("a"), "other"),
            pod("3", Some("b"), "other"),
            pod("1", None, "other"),
        ];
        let names = view.pod_names(&pods).value;
        assert_eq!(
            (&names["a"][..], &names["b"][..]),
            (&["1".to_owned()][..], &["3".to_owned()][..])
        );
        assert_eq!(names.len(), 2);
        assert_eq!(view.addresses(&pods).value, ["1", "2", "3"]);
        let alone = Headless {
            multicluster: false,
            ..view
        };
        assert_eq!(alone.addresses(&pods).value, ["1"]);
    }
}
