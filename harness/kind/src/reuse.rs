//! Taking over clusters that stand already, instead of making equal ones.
//!
//! Nothing is read from a file: what a restart of the daemon has changed (published ports) is asked
//! for anew, what it has stopped is started, and what nodes need besides (routes, load balancers)
//! they set up again by themselves.

use engine::Deadline;
use futures::future::try_join_all;
use tokio::time::Instant;
use world::{ClusterName, Substrate};

use crate::{
    Error, Result, bridge,
    cluster::ClusterPlan,
    environment::Clusters,
    fleet::{self, Fleet},
    kind::Kind,
    machine,
    progress::Steps,
    standing::Standing,
};

impl Kind {
    /// A run whose clusters were made from the same things and are still needed; `None` if there
    /// is none.
    ///
    /// # Errors
    /// What the daemon met.
    pub async fn reusable(&self, substrate: &Substrate) -> Result<Option<Fleet>> {
        let (digest, now) = (self.digest(substrate), jiff::Timestamp::now());
        let fleets = fleet::all(&self.docker).await?;
        let fits = |fleet: &Fleet| {
            let owner = fleet.owner.as_ref();
            // What a living process made for itself is not to be shared behind its back.
            owner.is_some_and(|owner| owner.digest == digest)
                && fleet.kept.is_some_and(|until| now < until)
                && is_whole(fleet, substrate)
        };
        Ok(fleets.into_iter().find(fits))
    }

    /// Takes the clusters of a run over.
    ///
    /// # Errors
    /// What was missing, or did not come back in time.
    pub async fn take_over(
        &self,
        substrate: &Substrate,
        fleet: &Fleet,
        deadline: Deadline,
    ) -> Result<Box<dyn engine::Environment>> {
        let clusters = self.taken_over(substrate, fleet, deadline).await?;
        self.keep_on(&fleet.run).await?;
        Ok(Box::new(clusters))
    }

    pub(crate) async fn taken_over(
        &self,
        substrate: &Substrate,
        fleet: &Fleet,
        deadline: Deadline,
    ) -> Result<Clusters> {
        let owner = fleet.owner.as_ref().ok_or_else(|| stale(fleet))?;
        let bridges = bridge::find(&self.docker, substrate, &fleet.run).await?;
        let bridges = bridges.ok_or_else(|| stale(fleet))?;
        let layout = bridges.nodes(substrate, &fleet.run);
        let plans = self.plans(substrate, owner, &bridges, &layout, false)?;
        let clusters = plans.iter().map(|(name, plan)| async move {
            let standing = self.cluster(plan, name, fleet, deadline).await?;
            Ok::<_, Error>(((*name).clone(), standing))
        });
        let standing = try_join_all(clusters).await?.into_iter().collect();
        let machines = machine::plans(substrate, &bridges, &layout, &fleet.run);
        let machines = self.no_machines(owner).find(&machines).await?;
        Ok(self.clusters(owner, &bridges, standing, machines))
    }

    async fn cluster(
        &self,
        plan: &ClusterPlan<'_>,
        name: &ClusterName,
        fleet: &Fleet,
        deadline: Deadline,
    ) -> Result<Standing> {
        let found = fleet
            .clusters
            .get(name.as_str())
            .map_or(&[][..], Vec::as_slice);
        let of_name = |wanted: &String| found.iter().find(|node| node.name == *wanted);
        let nodes: Option<Vec<_>> = plan.names().iter().map(of_name).collect();
        let nodes = nodes.ok_or_else(|| stale(fleet))?;
        for node in nodes.iter().filter(|node| !node.running) {
            self.docker.start(&node.id).await?;
        }
        let ids: Vec<String> = nodes.iter().map(|node| node.id.clone()).collect();
        let steps = Steps::new(name.clone(), Instant::now(), self.tell.clone());
        plan.again(&self.docker, ids, &steps, deadline).await
    }
}

/// Whether it has every node that the substrate asks for.
fn is_whole(fleet: &Fleet, substrate: &Substrate) -> bool {
    let counted = |(name, cluster): (&ClusterName, &world::Cluster)| {
        let found = fleet.clusters.get(name.as_str()).map_or(0, Vec::len);
        found == cluster.nodes.len()
    };
    substrate.clusters.iter().all(counted)
}

fn stale(fleet: &Fleet) -> Error {
    Error::NotThere {
        what: format!(
            "run {} is stale, parts of it are gone; remove it with isthmus down {}",
            fleet.run, fleet.run
        ),
    }
}
