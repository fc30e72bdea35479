//! The clusters of a trial while they stand, and what has been learnt of them.

use std::collections::BTreeMap;

use engine::{Apply, Deadline, Environment, Kinds, ObjectRef, wait};
use futures::future::try_join_all;
use manifest::Placed;
use scenario::Topology;
use serde_json::Value;
use world::ClusterName;

use crate::{Charts, Result, error::Doing as _};

/// The field manager of everything that is applied.
const MANAGER: &str = "isthmus";

/// Clusters that stand.
pub(crate) struct Site<'a> {
    pub(crate) topology: &'a Topology,
    pub(crate) environment: Box<dyn Environment>,
    pub(crate) charts: Charts,
    kinds: BTreeMap<ClusterName, Kinds>,
    pub(crate) deadline: Deadline,
}

impl<'a> Site<'a> {
    /// Takes the clusters of `topology` over.
    pub(crate) fn new(
        topology: &'a Topology,
        environment: Box<dyn Environment>,
        charts: Charts,
        deadline: Deadline,
    ) -> Result<Self> {
        let kinds = topology.substrate().clusters.keys().map(|cluster| {
            let client = environment
                .client(cluster)
                .doing(format!("reach {cluster}"))?;
            Ok((cluster.clone(), Kinds::new(cluster.as_str(), client)))
        });
        let kinds = kinds.collect::<Result<_>>()?;
        Ok(Self {
            topology,
            environment,
            charts,
            kinds,
            deadline,
        })
    }

    /// The API of a cluster.
    ///
    /// # Panics
    /// If the cluster is not of this topology, which a validated scenario never names.
    pub(crate) fn kinds(&self, cluster: &ClusterName) -> &Kinds {
        self.kinds
            .get(cluster)
            .expect("a validated scenario names clusters of its topology")
    }

    /// Applies objects in all their clusters at once, in each in the order of the list.
    pub(crate) async fn apply(&self, objects: Vec<Placed>) -> Result<()> {
        let mut by_cluster: BTreeMap<ClusterName, Vec<Value>> = BTreeMap::new();
        for placed in objects {
            by_cluster
                .entry(placed.cluster)
                .or_default()
                .push(placed.object.into_value());
        }
        let applied = by_cluster
            .iter()
            .map(|(cluster, objects)| self.apply_in(cluster, objects));
        try_join_all(applied).await.map(drop)
    }

    /// Applies objects in one cluster.
    pub(crate) async fn apply_in(&self, cluster: &ClusterName, objects: &[Value]) -> Result<()> {
        let apply = Apply::new(self.kinds(cluster).clone(), MANAGER).force();
        apply
            .all(objects, self.deadline)
            .await
            .doing(format!("apply objects in {cluster}"))
            .map(drop)
    }

    /// Waits until objects of a cluster are ready, each in the way of its kind.
    pub(crate) async fn ready(&self, cluster: &ClusterName, objects: Vec<ObjectRef>) -> Result<()> {
        let ready = wait::ready(self.kinds(cluster), objects, self.deadline).await;
        ready.doing(format!("wait until {cluster} is ready"))
    }
}
