//! Addresses that are known only while clusters stand: of gateways and pods.

use std::sync::Arc;

use k8s_openapi::api::core::v1::Pod;
use kube::{Api, api::ListParams};
use manifest::{At, gateway_namespace};
use scenario::scenario::{Calls, Destination};
use world::{Call, Target};

use crate::{Error, Result, install, site::Site};

/// The calls of a check or of traffic, one per client, in the order of the clients.
pub(crate) async fn calls(site: &Site<'_>, calls: &Calls) -> Result<Vec<Arc<Call>>> {
    let to = target(site, &calls.to).await?;
    let call = |from: &world::Client| Call {
        from: from.clone(),
        to: to.clone(),
        protocol: calls.protocol.clone(),
        connection: calls.connection,
        timeout: calls.timeout,
    };
    Ok(calls.from.iter().map(call).map(Arc::new).collect())
}

async fn target(site: &Site<'_>, to: &Destination) -> Result<Target> {
    let host = match to {
        Destination::Host { host, .. } => host.clone(),
        Destination::Gateway { name, cluster, .. } => {
            let gateways = site.topology.gateways().iter();
            let mut gateway = gateways.filter(|one| one.name == *name && one.cluster == *cluster);
            let gateway = gateway
                .next()
                .expect("a validated scenario calls declared gateways");
            let at = At::new(
                cluster,
                gateway_namespace(site.topology, gateway),
                name.as_str(),
            );
            install::address(site, &at).await?
        }
        Destination::Pod {
            workload, cluster, ..
        } => pod(site, workload, cluster).await?,
    };
    Ok(Target {
        host: host.into(),
        port: to.port(),
    })
}

/// The address of the first ready pod of a workload, in the order of names.
async fn pod(
    site: &Site<'_>,
    workload: &world::WorkloadName,
    cluster: &world::ClusterName,
) -> Result<String> {
    let pods: Api<Pod> = Api::all(site.kinds(cluster).client().clone());
    let params = ListParams::default().labels(&format!("app={workload}"));
    let missing = |why: String| Error::Missing {
        what: format!("a pod of {workload} in {cluster}"),
        why,
    };
    let found = pods
        .list(&params)
        .await
        .map_err(|error| missing(error.to_string()))?;
    let addresses = found.items.into_iter().filter_map(|pod| pod.status?.pod_ip);
    addresses
        .min()
        .ok_or_else(|| missing("none has an address".to_owned()))
}
