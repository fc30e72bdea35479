//! The simulator with a mesh: the engine `sim`.
//!
//! It is [`sim::Sim`] whose containers do what Istio's images do, and it can be asked what the mesh
//! knows. What it met and does not model is told in the end, so that nobody takes such a run for
//! an answer.

use std::{sync::Arc, time::Duration};

use apiserver::ApiServer;
use engine::{
    ApiEndpoint, BringUp, Engine, Environment, FaultHandle, Machine, MeshView, Prober, Result,
};
use futures::{FutureExt, future::BoxFuture};
use sim::{Sim, SimEnvironment};
use world::{
    Call, Capabilities, Capability, Client, ClusterName, ClusterSync, ControlPlane, KnownEndpoints,
    NotModelled, Place, Substrate, SubstrateFault, VmName, Why,
};

use crate::{
    images::MeshImages,
    istiod::{Debug, SyncState},
    why::{Standpoint, why},
};

/// The simulator of clusters and of the mesh on them. [`sim::runtime::run`] gives it the paused
/// runtime it needs. Every bring-up is a world of its own.
#[derive(Debug, Clone, Copy, Default)]
pub struct SimMesh;

/// Simulated clusters, and what their containers run.
pub struct MeshEnvironment {
    sim: SimEnvironment,
    images: MeshImages,
}

impl SimMesh {
    /// Reads what the first cluster would otherwise be kept waiting for.
    pub fn prepare() {
        ApiServer::prepare();
    }
}

impl Engine for SimMesh {
    fn name(&self) -> &str {
        "sim"
    }

    fn capabilities(&self) -> Capabilities {
        let mut all = Sim::new().capabilities();
        all.extend([
            Capability::Istio,
            Capability::RefusalCause,
            Capability::PathEvidence,
            Capability::MeshEvidence,
            Capability::ExternalControlPlane,
            Capability::SharedSources,
            Capability::Federation,
            Capability::Upgrade,
            Capability::CertificateFaults,
        ]);
        all
    }

    fn bring_up<'a>(
        &'a self,
        substrate: &'a Substrate,
        options: BringUp,
    ) -> BoxFuture<'a, Result<Box<dyn Environment>>> {
        async move {
            let start = self.start(substrate, options.seed);
            let environment = options
                .deadline
                .bound("bringing clusters up", start)
                .await?;
            Ok(Box::new(environment) as Box<dyn Environment>)
        }
        .boxed()
    }
}

impl SimMesh {
    /// The same as [`Engine::bring_up`], for whoever wants to look inside.
    ///
    /// # Errors
    /// As there.
    pub async fn start(&self, substrate: &Substrate, seed: u64) -> Result<MeshEnvironment> {
        let images = MeshImages::new();
        let sim = Sim::with_images(Arc::new(images.clone()));
        let sim = sim.start(substrate, seed).await?;
        Ok(MeshEnvironment { sim, images })
    }
}

impl MeshEnvironment {
    /// What the containers run.
    pub fn images(&self) -> &MeshImages {
        &self.images
    }

    /// The clusters below the mesh.
    pub fn sim(&self) -> &SimEnvironment {
        &self.sim
    }
}

impl Environment for MeshEnvironment {
    fn client(&self, cluster: &ClusterName) -> Result<kube::Client> {
        self.sim.client(cluster)
    }

    fn api_endpoint(&self, cluster: &ClusterName) -> Result<ApiEndpoint> {
        self.sim.api_endpoint(cluster)
    }

    fn machine(&self, vm: &VmName) -> Result<Box<dyn Machine>> {
        self.sim.machine(vm)
    }

    fn prober(&self) -> &dyn Prober {
        self.sim.prober()
    }

    fn mesh(&self) -> Result<&dyn MeshView> {
        Ok(self)
    }

    fn not_modelled(&self) -> Vec<NotModelled> {
        self.images.refusals().all()
    }

    fn inject<'a>(&'a self, fault: &'a SubstrateFault) -> BoxFuture<'a, Result<FaultHandle>> {
        self.sim.inject(fault)
    }

    fn heal(&self, fault: FaultHandle) -> BoxFuture<'_, Result<()>> {
        self.sim.heal(fault)
    }

    fn elapsed(&self) -> Duration {
        self.sim.elapsed()
    }

    fn tear_down(self: Box<Self>) -> BoxFuture<'static, Result<()>> {
        Box::new(self.sim).tear_down()
    }
}

impl MeshView for MeshEnvironment {
    fn control_planes(&self) -> BoxFuture<'_, Result<Vec<ControlPlane>>> {
        let istiods = self.images.istiods().into_iter();
        let known = istiods.map(control_plane).collect();
        async { Ok(known) }.boxed()
    }

    fn endpoints<'a>(
        &'a self,
        seen_by: &'a Client,
        host: &'a str,
        port: u16,
    ) -> BoxFuture<'a, Result<KnownEndpoints>> {
        let known = self.stands_at(seen_by).map(|place| {
            let proxy = place.and_then(|place| self.images.proxies().at(&place));
            proxy.map_or(KnownEndpoints::NoProxy, |proxy| proxy.endpoints(host, port))
        });
        async { known }.boxed()
    }

    fn explain<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Result<Why>> {
        async {
            let place = self.stands_at(&call.from)?;
            let seen = self.sim.explain(call.clone()).await?;
            let clusters: Vec<ClusterName> = self.sim.clusters().cloned().collect();
            let standpoint = Standpoint {
                proxy: place.and_then(|place| self.images.proxies().at(&place)),
                istiods: &self.images.istiods(),
                clusters: &clusters,
            };
            Ok(why(seen, &standpoint))
        }
        .boxed()
    }
}

impl MeshEnvironment {
    /// Where a client's proxy stands; `None` for a client that can have none.
    fn stands_at(&self, client: &Client) -> Result<Option<Place>> {
        match client {
            Client::Pod { cluster, .. } => {
                let pod = self.sim.pod_of(client)?;
                Ok(pod.map(|pod| Place::Cluster {
                    cluster: cluster.clone(),
                    who: format!("proxy of pod {pod}").into(),
                }))
            }
            Client::Vm(vm) => Ok(Some(Place::Vm(vm.clone()))),
            Client::Outside => Ok(None),
        }
    }
}

fn control_plane(istiod: Debug) -> ControlPlane {
    let (cluster, pod) = istiod.name.split_once('/').expect("named <cluster>/<pod>");
    ControlPlane {
        cluster: ClusterName::new(cluster).expect("it runs in a cluster of the substrate"),
        pod: pod.to_owned(),
        namespace: istiod.namespace,
        reads: istiod.clusters.into_iter().map(sync).collect(),
    }
}

fn sync(state: SyncState) -> ClusterSync {
    ClusterSync {
        cluster: state.cluster.to_string(),
        synced: state.synced,
        trouble: state.error,
    }
}
