//! All endpoints that one control plane knows, by service.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    ClusterId, NetworkId,
    endpoint::{Health, Labels},
    locality::LocalityLabel,
    service::Discoverability,
};

/// One endpoint of one service port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Its IP address; empty if it has none and only a gateway can stand in.
    pub address: Arc<str>,
    /// The port to connect to.
    pub port: u16,
    /// The name of the service port it belongs to.
    pub port_name: Arc<str>,
    /// Its cluster.
    pub cluster: ClusterId,
    /// Its network.
    pub network: NetworkId,
    /// Where it is.
    pub locality: LocalityLabel,
    /// Its labels, topology included.
    pub labels: Arc<Labels>,
    /// Its namespace.
    pub namespace: Arc<str>,
    /// The identity it runs under; empty if none.
    pub service_account: Arc<str>,
    /// Whether it has a sidecar.
    pub mtls_capable: bool,
    /// Its weight; 0 counts as 1.
    pub weight: u32,
    /// Its health.
    pub health: Health,
    /// Its node; empty for a machine outside every cluster.
    pub node: Arc<str>,
    /// From where it can be discovered.
    pub discoverability: Discoverability,
}

/// The endpoints of one service by cluster.
type Shards = BTreeMap<ClusterId, Arc<[Endpoint]>>;

/// The endpoints of all services of a control plane, kept per cluster so that an update of one
/// cluster never touches what is known of another. A clone shares every endpoint with its original.
#[derive(Debug, Clone, Default)]
pub struct Index {
    shards: BTreeMap<Arc<str>, Arc<Shards>>,
    joined: BTreeMap<Arc<str>, Known>,
    generation: u64,
}

/// The endpoints of one service.
#[derive(Debug, Clone)]
pub struct Known {
    /// Those of all clusters, in the order of clusters.
    pub endpoints: Arc<[Endpoint]>,
    /// The generation of the index in which they last changed.
    pub changed: u64,
}

impl Index {
    /// Replaces what is known of a service's endpoints in one cluster. Returns whether that
    /// changed anything.
    pub fn update(&mut self, host: &str, cluster: &ClusterId, endpoints: Vec<Endpoint>) -> bool {
        self.update_many(host, [(cluster.clone(), endpoints)])
    }

    /// The same for several clusters at once, as when a control plane starts.
    pub fn update_many(
        &mut self,
        host: &str,
        updates: impl IntoIterator<Item = (ClusterId, impl Into<Arc<[Endpoint]>>)>,
    ) -> bool {
        let shards = self.shards.entry(host.into()).or_default();
        let mut changed = false;
        for (cluster, endpoints) in updates {
            changed |= replace(shards, cluster, endpoints.into());
        }
        if changed {
            self.join(host);
        }
        changed
    }

    /// Forgets a cluster, as when its remote secret is deleted.
    pub fn forget(&mut self, cluster: &ClusterId) {
        let of_cluster = |(host, shards): (&Arc<str>, &Arc<Shards>)| {
            shards.contains_key(cluster).then(|| host.clone())
        };
        let hosts: Vec<Arc<str>> = self.shards.iter().filter_map(of_cluster).collect();
        for host in hosts {
            self.update(&host, cluster, Vec::new());
        }
    }

    /// The endpoints of a service; `None` if it never had any.
    pub fn of(&self, host: &str) -> Option<&Known> {
        self.joined.get(host)
    }

    fn join(&mut self, host: &str) {
        self.generation += 1;
        let shards = &self.shards[host];
        let mut of_clusters = shards.values();
        let known = Known {
            endpoints: match (of_clusters.next(), of_clusters.next()) {
                (Some(only), None) => Arc::clone(only),
                _ => shards
                    .values()
                    .flat_map(|of_one| &**of_one)
                    .cloned()
                    .collect(),
            },
            changed: self.generation,
        };
        self.joined.insert(host.into(), known);
    }
}

/// Replaces one cluster's endpoints; whether they are others now.
fn replace(shards: &mut Arc<Shards>, cluster: ClusterId, endpoints: Arc<[Endpoint]>) -> bool {
    let before = shards.get(&cluster);
    let same = match before {
        Some(before) => Arc::ptr_eq(before, &endpoints) || *before == endpoints,
        None => endpoints.is_empty(),
    };
    if same {
        return false;
    }
    let shards = Arc::make_mut(shards);
    match endpoints.is_empty() {
        true => drop(shards.remove(&cluster)),
        false => drop(shards.insert(cluster, endpoints)),
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(address: &str, cluster: &str) -> Endpoint {
        Endpoint {
            address: address.into(),
            port: 80,
            port_name: "http".into(),
            cluster: cluster.into(),
            network: NetworkId::default(),
            locality: LocalityLabel::default(),
            labels: Arc::default(),
            namespace: "default".into(),
            service_account: "default".into(),
            mtls_capable: true,
            weight: 1,
            health: Health::Ready,
            node: "".into(),
            discoverability: Discoverability::Everywhere,
        }
    }

    fn addresses(index: &Index) -> Vec<&str> {
        let known = index.of("host").unwrap();
        known
            .endpoints
            .iter()
            .map(|endpoint| &*endpoint.address)
            .collect()
    }

    #[test]
    fn clusters_are_joined_in_order_and_never_touch_each_other() {
        let mut index = Index::default();
        let [first, second] = ["c1", "c2"].map(ClusterId::from);
        assert!(index.of("host").is_none());
        assert!(index.update("host", &second, vec![endpoint("2", "c2")]));
        assert!(index.update("host", &first, vec![endpoint("1", "c1")]));
        assert_eq!(addresses(&index), ["1", "2"]);
        assert!(index.update("host", &first, Vec::new()));
        assert_eq!(addresses(&index), ["2"]);
        index.forget(&second);
        assert!(addresses(&index).is_empty());
    }

    #[test]
    fn an_update_that_changes_nothing_leaves_the_generation_alone() {
        let mut index = Index::default();
        let cluster = ClusterId::from("c1");
        assert!(!index.update("host", &cluster, Vec::new()));
        assert!(index.update("host", &cluster, vec![endpoint("1", "c1")]));
        let before = index.of("host").unwrap().changed;
        assert!(!index.update("host", &cluster, vec![endpoint("1", "c1")]));
        assert_eq!(index.of("host").unwrap().changed, before);
        assert!(index.update("host", &cluster, vec![endpoint("9", "c1")]));
        assert!(index.of("host").unwrap().changed > before);
    }
}
