//! What stands there once the simulator has brought a substrate up.

use std::{collections::BTreeMap, net::Ipv4Addr, sync::Arc, time::Duration};

use apiserver::Pod;
use engine::{ApiEndpoint, Environment, Error, FaultHandle, Machine, Prober, Result};
use futures::{FutureExt, future::BoxFuture};
use world::{Call, Client, ClusterName, Observation, SubstrateFault, VmName};

use crate::{
    cluster::{API_PORT, Cluster, Ground},
    log::EventLog,
    machine::SimMachine,
    net::{Net, Origin, Place},
    prober::SimProber,
    program::Serve,
    remote::{Access, Remote},
};

/// Simulated clusters and machines on one network.
pub struct SimEnvironment {
    ground: Ground,
    clusters: BTreeMap<ClusterName, Arc<Cluster>>,
    machines: BTreeMap<VmName, SimMachine>,
    prober: SimProber,
}

impl SimEnvironment {
    pub(crate) fn new(
        ground: Ground,
        clusters: BTreeMap<ClusterName, Arc<Cluster>>,
        machines: BTreeMap<VmName, SimMachine>,
    ) -> Self {
        Self {
            prober: SimProber::new(&ground, &clusters, &machines),
            ground,
            clusters,
            machines,
        }
    }

    /// A cluster.
    ///
    /// # Errors
    /// [`Error::NoCluster`].
    pub fn cluster(&self, name: &ClusterName) -> Result<&Arc<Cluster>> {
        let found = self.clusters.get(name);
        found.ok_or_else(|| Error::NoCluster(name.clone()))
    }

    /// The pod that calls in a client's name, as `<namespace>/<name>`; `None` for clients outside
    /// clusters.
    ///
    /// # Errors
    /// [`Error::NoCluster`], and [`Error::NoClient`] if no pod is ready.
    pub fn pod_of(&self, client: &Client) -> Result<Option<String>> {
        let named = |(_, pod): (_, Arc<Pod>)| {
            let meta = &pod.metadata;
            let namespace = meta.namespace.as_deref().unwrap_or_default();
            format!("{namespace}/{}", meta.name.as_deref().unwrap_or_default())
        };
        Ok(self.prober.pod_of(client)?.map(named))
    }

    /// Asks one call, of which every station says all it knows, also what it did not do.
    ///
    /// # Errors
    /// As [`engine::Prober::ask`].
    pub async fn explain(&self, call: Call) -> Result<Observation> {
        self.prober.explain(call).await
    }

    /// The clusters, in the order of their names.
    pub fn clusters(&self) -> impl Iterator<Item = &ClusterName> {
        self.clusters.keys()
    }

    /// The network.
    pub fn net(&self) -> &Net<Arc<dyn Serve>> {
        &self.ground.net
    }

    /// Where the pods are that a fault stops.
    fn stopped_by(&self, fault: &SubstrateFault) -> Result<Vec<(Place, Ipv4Addr)>> {
        let SubstrateFault::PausePods {
            cluster,
            namespace,
            labels,
        } = fault
        else {
            return Ok(Vec::new());
        };
        let found = self.cluster(cluster)?.running_at(namespace, labels);
        match found.is_empty() {
            true => Err(Error::Substrate {
                why: format!("no pod with labels {labels:?} runs in {namespace} of {cluster}"),
            }),
            false => Ok(found),
        }
    }

    /// Puts the clock of each cluster off as far as the faults of now say.
    fn set_clocks(&self) {
        for (name, cluster) in &self.clusters {
            cluster.clock.put_off(self.ground.net.clock_skew(name));
        }
    }

    /// The log of what happened.
    pub fn log(&self) -> &EventLog {
        &self.ground.log
    }
}

impl Environment for SimEnvironment {
    /// The administrator sits outside every network and reaches API servers as others do.
    fn client(&self, cluster: &ClusterName) -> Result<kube::Client> {
        let cluster = self.cluster(cluster)?;
        let from = Origin {
            place: Place::Outside.into(),
            address: Ipv4Addr::UNSPECIFIED,
        };
        let access = Access {
            server: std::net::SocketAddrV4::new(cluster.address, API_PORT),
            roots: cluster.roots.clone(),
            token: cluster.admin_token.clone(),
        };
        let clock = self.ground.clock.clone();
        Ok(Remote::new(&self.ground.net, clock, from, access).client())
    }

    fn api_endpoint(&self, cluster: &ClusterName) -> Result<ApiEndpoint> {
        let cluster = self.cluster(cluster)?;
        Ok(ApiEndpoint {
            url: format!("https://{}:{API_PORT}", cluster.address),
            ca_pem: cluster.roots.to_pem(),
        })
    }

    fn machine(&self, vm: &VmName) -> Result<Box<dyn Machine>> {
        let found = self.machines.get(vm).cloned();
        let machine = found.ok_or_else(|| Error::NoVm(vm.clone()))?;
        Ok(Box::new(machine))
    }

    fn prober(&self) -> &dyn Prober {
        &self.prober
    }

    fn inject<'a>(&'a self, fault: &'a SubstrateFault) -> BoxFuture<'a, Result<FaultHandle>> {
        async move {
            self.ground.log.note("substrate", format_args!("{fault:?}"));
            let stopped = self.stopped_by(fault)?;
            let stopped = stopped.iter().map(|(place, address)| (place, *address));
            let handle = FaultHandle(self.ground.net.inject_at(fault.clone(), stopped));
            self.set_clocks();
            Ok(handle)
        }
        .boxed()
    }

    fn heal(&self, fault: FaultHandle) -> BoxFuture<'_, Result<()>> {
        self.ground
            .log
            .note("substrate", format_args!("fault {} is healed", fault.0));
        self.ground.net.heal(fault.0);
        self.set_clocks();
        async { Ok(()) }.boxed()
    }

    fn elapsed(&self) -> Duration {
        self.ground.log.elapsed()
    }

    fn tear_down(self: Box<Self>) -> BoxFuture<'static, Result<()>> {
        drop(self);
        async { Ok(()) }.boxed()
    }
}
