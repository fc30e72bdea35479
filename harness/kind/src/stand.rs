//! Bringing clusters up: all of a substrate at once, or nothing stays behind.

use std::{collections::BTreeMap, time::Duration};

use engine::{BringUp, Deadline, Environment};
use futures::{
    future::{join_all, try_join_all},
    join,
};
use jiff::Timestamp;
use tokio::time::Instant;
use world::{ClusterName, Substrate};

use crate::{
    Error, Keep, Kind, Result,
    bridge::{self, Bridges},
    cluster::ClusterPlan,
    docker::{Joins, PlainSpec, Privilege},
    environment::Clusters,
    gc::{self, Which},
    golden::Golden,
    join, kept,
    label::Owner,
    lease::Lease,
    machine::{self, MachinePlan, Machines},
    node::spec,
    progress::Steps,
    standing::Standing,
};

/// How long a step that was late may take to say why.
const DIAGNOSIS: Duration = Duration::from_secs(10);

impl Kind {
    fn owner(&self, substrate: &Substrate, run: &str) -> Owner {
        let lease = Lease::of_this_process(Timestamp::now());
        Owner::new(run, lease, self.digest(substrate))
    }

    /// Lets a run that is whole outlive this process, if that was asked for.
    pub(crate) async fn keep_on(&self, run: &str) -> Result<()> {
        match self.keep {
            Keep::WhileRunning => Ok(()),
            Keep::Hours(hours) => kept::keep(&self.docker, run, Timestamp::now(), hours).await,
        }
    }

    async fn up(
        &self,
        substrate: &Substrate,
        owner: &Owner,
        deadline: Deadline,
    ) -> Result<Clusters> {
        let since = Instant::now();
        // Neither needs the other, and the daemon takes its time for both.
        let bridges = bridge::create(&self.docker, substrate, owner);
        let (bridges, golden) = join!(bridges, self.golden(owner, substrate));
        let bridges = &bridges?;
        let layout = bridges.nodes(substrate, &owner.run);
        let plans = self.plans(substrate, owner, bridges, &layout, golden)?;
        let ups = plans.iter().map(|(name, plan)| {
            let steps = Steps::new((*name).clone(), since, self.tell.clone());
            (*name, plan, steps)
        });
        let ups: Vec<_> = ups.collect();
        // All requests are seen through before the first failure is told: see `ClusterPlan::start`.
        let starts = ups
            .iter()
            .map(|(_, plan, steps)| plan.start(&self.docker, steps));
        let machines = machine::plans(substrate, bridges, &layout, &owner.run);
        let machines = self.machines(owner, &machines);
        let (nodes, machines) = join!(join_all(starts), machines);
        let nodes: Result<Vec<Vec<String>>> = nodes.into_iter().collect();
        let machines = machines?;
        let ups = ups
            .iter()
            .zip(nodes?)
            .map(|((name, plan, steps), nodes)| async move {
                let standing = plan.up(&self.docker, nodes, steps, deadline).await?;
                Ok::<_, Error>(((*name).clone(), standing))
            });
        let standing = try_join_all(ups).await?.into_iter().collect();
        Ok(self.clusters(owner, bridges, standing, machines))
    }

    /// Starts the machines outside every cluster.
    async fn machines(&self, owner: &Owner, plans: &[MachinePlan]) -> Result<Machines> {
        let none = self.no_machines(owner);
        match (&self.images.machine, plans.is_empty()) {
            (_, true) => Ok(none),
            (Some(image), false) => none.start(plans, image).await,
            (None, false) => Err(Error::NoMachineImage),
        }
    }

    pub(crate) fn no_machines(&self, owner: &Owner) -> Machines {
        Machines::none(
            self.docker.clone(),
            owner.labels(),
            &self.images,
            self.agent,
        )
    }

    /// Gives every node its `/var` with all images unpacked, where the daemon can; without it nodes
    /// are made as kind makes them, only more slowly.
    async fn golden(&self, owner: &Owner, substrate: &Substrate) -> bool {
        if self.privilege == Privilege::Node {
            return false;
        }
        let (docker, image, labels) = (&self.docker, &self.images.node, owner.labels());
        let clusters = substrate.clusters.iter();
        let volumes = clusters.flat_map(|(name, cluster)| {
            let cluster_on_host = spec::cluster(&owner.run, name);
            (0..cluster.nodes.len()).map(move |index| spec::var(&cluster_on_host, index))
        });
        let volumes: Vec<String> = volumes.collect();
        let had = async {
            let preload = &self.images.preload;
            let golden =
                Golden::have(docker, image, preload, &self.ids_of_nodes(), &labels).await?;
            golden.copy(docker, image, &volumes, &labels).await
        };
        let had: Result<()> = had.await;
        if let Err(error) = &had {
            tracing::warn!(
                error = engine::told(error),
                "nodes unpack their images themselves"
            );
        }
        had.is_ok()
    }

    pub(crate) fn clusters(
        &self,
        owner: &Owner,
        bridges: &Bridges,
        standing: BTreeMap<ClusterName, Standing>,
        machines: Machines,
    ) -> Clusters {
        let outside = self.images.machine.as_ref().map(|image| PlainSpec {
            name: format!("{}-outside", owner.run),
            image: image.clone(),
            labels: owner.labels(),
            environment: BTreeMap::new(),
            command: Some(["sleep", "infinity"].map(str::to_owned).to_vec()),
            joins: Joins::Bridge(bridges.wan.outside()),
            as_root_with: None,
        });
        let (docker, run) = (self.docker.clone(), owner.run.clone());
        Clusters::new(docker, run, self.keep, standing, machines, outside)
    }

    /// What each cluster is made from.
    pub(crate) fn plans<'a>(
        &'a self,
        substrate: &'a Substrate,
        owner: &Owner,
        bridges: &Bridges,
        layout: &'a bridge::Layout,
        golden: bool,
    ) -> Result<BTreeMap<&'a ClusterName, ClusterPlan<'a>>> {
        let slices = bridges.balancers(substrate)?;
        let routes = join::routes(substrate);
        let plan = |(name, cluster): (&'a ClusterName, &'a world::Cluster)| {
            let plan = ClusterPlan {
                nodes: &layout[name],
                cluster,
                image: &self.images.node,
                preload: &self.images.preload,
                golden,
                privilege: self.privilege,
                gateway: bridges.networks[&cluster.network].gateway(),
                pods: join::pods_of(substrate, &cluster.network),
                routes: join::script(&routes[name], layout),
                slice: slices[name],
                owner: owner.labels(),
            };
            (name, plan)
        };
        Ok(substrate.clusters.iter().map(plan).collect())
    }

    /// Brings clusters up, or leaves nothing behind.
    ///
    /// # Errors
    /// What the daemon or a node met, or [`Error::RunExists`].
    pub async fn stand(
        &self,
        substrate: &Substrate,
        options: &BringUp,
    ) -> Result<Box<dyn Environment>> {
        Ok(Box::new(self.raise(substrate, options).await?))
    }

    /// Brings clusters up, or leaves nothing behind.
    pub(crate) async fn raise(&self, substrate: &Substrate, options: &BringUp) -> Result<Clusters> {
        let owner = self.owner(substrate, &options.run);
        // A name that is taken is somebody else's: nothing of it is cleaned up.
        bridge::unclaimed(&self.docker, &owner).await?;
        let up = async {
            let clusters = self.up(substrate, &owner, options.deadline).await?;
            self.keep_on(&owner.run).await?;
            Ok(clusters)
        };
        // Every step has the deadline itself, and says what it waited for; this is for what has none.
        let up = tokio::time::timeout_at(options.deadline.instant() + DIAGNOSIS, up).await;
        let waited = options.deadline.patience();
        match up.unwrap_or(Err(Error::Late { waited })) {
            Ok(clusters) => Ok(clusters),
            Err(failed) => {
                self.clean(&options.run).await;
                Err(failed)
            }
        }
    }

    /// What cannot be removed now, gc finds by its labels; the failure that led here is worth more.
    async fn clean(&self, run: &str) {
        let ours = Which::Run(run.to_owned());
        if let Err(error) = gc::settle(&self.docker, &ours).await {
            tracing::warn!(
                error = engine::told(&error),
                run,
                "clean up after a failed bring-up"
            );
        }
    }
}
