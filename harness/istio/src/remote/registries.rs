//! The registries of a control plane, as remote secrets come and go.
//!
//! This is the order in which clusters are known, not what becomes of a cluster's endpoints while
//! its kubeconfig changes: that differs between versions, see `version`.

use std::collections::BTreeMap;

use super::rules;
use crate::{Decision, id::ClusterId};

/// Where a secret is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SecretKey {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

/// What a secret did to one cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A registry was created.
    Added(ClusterId),
    /// The registry was built anew.
    Replaced(ClusterId),
    /// The registry is gone.
    Removed(ClusterId),
    /// Nothing happened.
    Ignored(ClusterId),
}

/// A cluster, where it came from, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Remote {
    secret: SecretKey,
    kubeconfig: Vec<u8>,
    instance: u64,
}

/// The clusters a control plane knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registries {
    config_cluster: ClusterId,
    system_namespace: String,
    remotes: BTreeMap<ClusterId, Remote>,
    created: u64,
}

/// The config cluster's registry is the first one that a control plane creates.
const CONFIG_INSTANCE: u64 = 1;

impl Registries {
    /// A control plane that knows only the cluster it reads its configuration from.
    pub fn new(config_cluster: ClusterId, system_namespace: impl Into<String>) -> Self {
        Self {
            config_cluster,
            system_namespace: system_namespace.into(),
            remotes: BTreeMap::new(),
            created: CONFIG_INSTANCE,
        }
    }

    /// The clusters in the order in which their registries were created, the config cluster
    /// first, each with the number of its registry.
    pub fn known(&self) -> Vec<(&ClusterId, u64)> {
        let mut known = vec![(&self.config_cluster, CONFIG_INSTANCE)];
        known.extend(
            self.remotes
                .iter()
                .map(|(id, remote)| (id, remote.instance)),
        );
        known.sort_by_key(|(_, instance)| *instance);
        known
    }

    /// The kubeconfig by which a remote cluster is reached.
    pub fn kubeconfig(&self, cluster: &ClusterId) -> Option<&[u8]> {
        self.remotes
            .get(cluster)
            .map(|remote| remote.kubeconfig.as_slice())
    }

    /// A secret was created or changed; `data` is all of it.
    pub fn put(
        &mut self,
        secret: &SecretKey,
        data: &BTreeMap<ClusterId, Vec<u8>>,
    ) -> Vec<Decision<Change>> {
        if secret.namespace != self.system_namespace {
            return data.keys().map(foreign).collect();
        }
        let mut changes = self.remove_where(secret, |id| !data.contains_key(id));
        changes.extend(
            data.iter()
                .map(|(id, kubeconfig)| self.put_one(secret, id, kubeconfig)),
        );
        changes
    }

    /// A secret was deleted.
    pub fn delete(&mut self, secret: &SecretKey) -> Vec<Decision<Change>> {
        self.remove_where(secret, |_| true)
    }

    fn put_one(&mut self, secret: &SecretKey, id: &ClusterId, config: &[u8]) -> Decision<Change> {
        let ignored = |because| Decision::new(Change::Ignored(id.clone()), because);
        if *id == self.config_cluster {
            return ignored(rules::CONFIG_CLUSTER_KEPT);
        }
        match self.remotes.get(id) {
            Some(known) if known.secret != *secret => ignored(rules::CLUSTER_TAKEN),
            Some(known) if known.kubeconfig == config => ignored(rules::CLUSTER_UNCHANGED),
            Some(_) => {
                self.create(secret, id, config);
                Decision::new(Change::Replaced(id.clone()), rules::CLUSTER_UPDATED)
            }
            None => {
                self.create(secret, id, config);
                Decision::new(Change::Added(id.clone()), rules::CLUSTER_ADDED)
            }
        }
    }

    fn create(&mut self, secret: &SecretKey, id: &ClusterId, kubeconfig: &[u8]) {
        self.created += 1;
        let remote = Remote {
            secret: secret.clone(),
            kubeconfig: kubeconfig.to_vec(),
            instance: self.created,
        };
        self.remotes.insert(id.clone(), remote);
    }

    fn remove_where(
        &mut self,
        secret: &SecretKey,
        gone: impl Fn(&ClusterId) -> bool,
    ) -> Vec<Decision<Change>> {
        let leaves = |id: &ClusterId, remote: &Remote| remote.secret == *secret && gone(id);
        let removed: Vec<ClusterId> = self
            .remotes
            .iter()
            .filter(|(id, remote)| leaves(id, remote))
            .map(|(id, _)| id.clone())
            .collect();
        self.remotes.retain(|id, _| !removed.contains(id));
        let removed = removed.into_iter().map(Change::Removed);
        removed
            .map(|change| Decision::new(change, rules::CLUSTER_REMOVED))
            .collect()
    }
}

fn foreign(id: &ClusterId) -> Decision<Change> {
    Decision::new(Change::Ignored(id.clone()), rules::FOREIGN_NAMESPACE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(namespace: &str, name: &str) -> SecretKey {
        SecretKey {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        }
    }

    fn data(entries: &[(&str, &str)]) -> BTreeMap<ClusterId, Vec<u8>> {
        entries
            .iter()
            .map(|(id, config)| ((*id).into(), config.as_bytes().to_vec()))
            .collect()
    }

    fn registries() -> Registries {
        Registries::new("home".into(), "istio-system")
    }

    fn known(registries: &Registries) -> Vec<(String, u64)> {
        registries
            .known()
            .into_iter()
            .map(|(id, n)| (id.to_string(), n))
            .collect()
    }

    fn pairs(expected: &[(&str, u64)]) -> Vec<(String, u64)> {
        expected
            .iter()
            .map(|(id, n)| ((*id).to_owned(), *n))
            .collect()
    }

    #[test]
    fn changed_bytes_rebuild_a_registry_and_equal_bytes_do_not() {
        let mut all = registries();
        let here = secret("istio-system", "s");
        let changes = all.put(&here, &data(&[("b", "1"), ("a", "1")]));
        assert_eq!(
            changes[0],
            Decision::new(Change::Added("a".into()), rules::CLUSTER_ADDED)
        );
        let changes = all.put(&here, &data(&[("a", "2"), ("b", "1")]));
        assert_eq!(
            changes[0],
            Decision::new(Change::Replaced("a".into()), rules::CLUSTER_UPDATED)
        );
        assert_eq!(changes[1].because, rules::CLUSTER_UNCHANGED);
        assert_eq!(known(&all), pairs(&[("home", 1), ("b", 3), ("a", 4)]));
        assert_eq!(all.kubeconfig(&"a".into()), Some(&b"2"[..]));
    }

    #[test]
    fn a_cluster_belongs_to_the_secret_that_named_it_first() {
        let mut all = registries();
        let (first, second) = (secret("istio-system", "s"), secret("istio-system", "t"));
        all.put(&first, &data(&[("a", "1")]));
        assert_eq!(
            all.put(&second, &data(&[("a", "9")]))[0].because,
            rules::CLUSTER_TAKEN
        );
        assert!(all.delete(&second).is_empty());
        assert_eq!(known(&all), pairs(&[("home", 1), ("a", 2)]));
        let gone = all.delete(&first);
        assert_eq!(
            gone,
            [Decision::new(
                Change::Removed("a".into()),
                rules::CLUSTER_REMOVED
            )]
        );
        assert_eq!(known(&all), pairs(&[("home", 1)]));
    }

    #[test]
    fn a_key_that_is_gone_removes_its_cluster_only() {
        let mut all = registries();
        let here = secret("istio-system", "s");
        all.put(&here, &data(&[("a", "1"), ("b", "1")]));
        let changes = all.put(&here, &data(&[("a", "1")]));
        assert_eq!(changes[0].value, Change::Removed("b".into()));
        assert_eq!(known(&all), pairs(&[("home", 1), ("a", 2)]));
    }

    #[test]
    fn the_config_cluster_and_foreign_secrets_change_nothing() {
        let mut all = registries();
        let taken = all.put(&secret("istio-system", "s"), &data(&[("home", "1")]));
        assert_eq!(taken[0].because, rules::CONFIG_CLUSTER_KEPT);
        let foreign = all.put(&secret("shop", "s"), &data(&[("a", "1")]));
        assert_eq!(foreign[0].because, rules::FOREIGN_NAMESPACE);
        assert_eq!(known(&all), pairs(&[("home", 1)]));
        assert_eq!(all.kubeconfig(&"home".into()), None);
    }
}
