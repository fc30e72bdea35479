//! What a mesh says of itself: its control planes and its proxies, asked from within.

use std::collections::BTreeMap;

use engine::{Error, MeshView};
use futures::future::{BoxFuture, FutureExt as _};
use k8s_openapi::api::core::v1::Pod;
use kube::{Api, Client as Kube};
use world::{
    Call, Capability, Client, ClusterName, ControlPlane, KnownEndpoints, NetworkName, Why,
};

use crate::{
    exec::{self, PROXY, Place},
    istiod,
    proxy::{self, Networks},
};

/// The label of every istiod, whatever its revision and namespace.
const ISTIOD: &str = "app=istiod";

/// The mesh on some clusters.
pub struct LiveMesh {
    clients: BTreeMap<ClusterName, Kube>,
    networks: Networks,
}

impl LiveMesh {
    /// Looks into these clusters, of which each is in a network.
    pub fn new(
        clients: BTreeMap<ClusterName, Kube>,
        networks: BTreeMap<ClusterName, NetworkName>,
    ) -> Self {
        Self { clients, networks }
    }

    async fn istiods(&self) -> engine::Result<Vec<ControlPlane>> {
        let mut all = Vec::new();
        for (cluster, client) in &self.clients {
            let pods: Api<Pod> = Api::all(client.clone());
            for pod in exec::ready(&pods, ISTIOD, ISTIOD).await? {
                all.push(control_plane(client, cluster, &pod).await?);
            }
        }
        Ok(all)
    }

    async fn known(
        &self,
        client: &Client,
        host: &str,
        port: u16,
    ) -> engine::Result<KnownEndpoints> {
        let (cluster, namespace, workload) = match client {
            Client::Pod {
                cluster,
                namespace,
                workload,
            } => (cluster, namespace, workload),
            Client::Vm(_) => return Err(Error::NotCapable(Capability::Vms)),
            Client::Outside => return Ok(KnownEndpoints::NoProxy),
        };
        let api = self.clients.get(cluster).cloned();
        let api = api.ok_or_else(|| Error::NoCluster(cluster.clone()))?;
        let pods: Api<Pod> = Api::namespaced(api, namespace.as_str());
        let what = format!("app={workload}");
        let found = exec::ready(&pods, &what, &what).await?.into_iter().next();
        let Some(pod) = found.filter(exec::has_proxy) else {
            return Ok(KnownEndpoints::NoProxy);
        };
        let place = Place::new(pods, cluster, &pod, PROXY.to_owned());
        let said = place.run(&proxy::ENDPOINTS).await;
        let said = said.map_err(|source| place.failed("ask the proxy of", source))?;
        let name = proxy::name_of(host, port, namespace.as_str());
        let read = proxy::endpoints(&said, &name, &self.networks);
        read.map_err(|source| place.failed("read what the proxy said of", source))
    }
}

async fn control_plane(
    client: &Kube,
    cluster: &ClusterName,
    pod: &Pod,
) -> engine::Result<ControlPlane> {
    let namespace = pod.metadata.namespace.clone().unwrap_or_default();
    let pods: Api<Pod> = Api::namespaced(client.clone(), &namespace);
    let place = Place::new(pods, cluster, pod, "discovery".to_owned());
    let said = place.run(&istiod::CLUSTERS).await;
    let said = said.map_err(|source| place.failed("ask istiod in", source))?;
    let reads = istiod::clusters(&said);
    Ok(ControlPlane {
        cluster: cluster.clone(),
        pod: pod.metadata.name.clone().unwrap_or_default(),
        namespace,
        reads: reads.map_err(|source| place.failed("read what istiod said in", source))?,
    })
}

impl MeshView for LiveMesh {
    fn control_planes(&self) -> BoxFuture<'_, engine::Result<Vec<ControlPlane>>> {
        self.istiods().boxed()
    }

    fn endpoints<'a>(
        &'a self,
        seen_by: &'a Client,
        host: &'a str,
        port: u16,
    ) -> BoxFuture<'a, engine::Result<KnownEndpoints>> {
        self.known(seen_by, host, port).boxed()
    }

    fn explain<'a>(&'a self, _: &'a Call) -> BoxFuture<'a, engine::Result<Why>> {
        // A real mesh shows what comes of a call, not the rule behind it.
        async { Err(Error::NotCapable(Capability::RefusalCause)) }.boxed()
    }
}
