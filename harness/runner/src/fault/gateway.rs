//! An east-west gateway that is gone or has moved.

use engine::{ObjectRef, delete};
use manifest::{At, gateway_namespace};
use scenario::{draft::GatewayFault, topology::Gateway};
use serde_json::{Value, json};
use world::ClusterName;

use super::{Broken, scaled_down};
use crate::{Error, Result, change, error::Doing as _, install, pods, running::Running};

/// The Service that holds a gateway's old address, so that it gets another one.
const HOLDER: &str = "isthmus-holds-an-address";

/// Breaks the east-west gateway of a cluster.
pub(super) async fn down(
    running: &Running<'_>,
    cluster: &ClusterName,
    how: GatewayFault,
) -> Result<Broken> {
    let gateway = east_west(running, cluster);
    match how {
        GatewayFault::Scaled => {
            let deployment = pods::gateway(running, gateway);
            let before = scaled_down(running, cluster, vec![deployment], 0).await?;
            Ok(Broken::Scaled(before))
        }
        GatewayFault::Removed => {
            let objects = [service(running, gateway), pods::gateway(running, gateway)];
            remove(running, cluster, &objects).await?;
            Ok(Broken::GatewayGone(cluster.clone()))
        }
        GatewayFault::Moved => {
            moved(running, gateway).await?;
            Ok(Broken::GatewayMoved(cluster.clone()))
        }
    }
}

/// Installs the gateway again.
pub(super) async fn restore(running: &Running<'_>, cluster: &ClusterName) -> Result<()> {
    let installed = running.installed();
    let revision = installed
        .gateways_of(cluster)
        .ok_or_else(|| Error::Missing {
            what: format!("the revision of the gateways of {cluster}"),
            why: "no istiod is installed for them".to_owned(),
        })?;
    change::gateways(running, cluster, revision).await
}

/// Gives the gateway an address again that nobody else holds.
pub(super) async fn move_back(running: &Running<'_>, cluster: &ClusterName) -> Result<()> {
    let gateway = east_west(running, cluster);
    let objects = [service(running, gateway), holder(running, gateway)];
    remove(running, cluster, &objects).await?;
    restore(running, cluster).await
}

/// Lets another Service take the gateway's address before the gateway asks for one again.
async fn moved(running: &Running<'_>, gateway: &Gateway) -> Result<()> {
    let cluster = &gateway.cluster;
    let before = address(running, gateway).await?;
    remove(running, cluster, &[service(running, gateway)]).await?;
    let holder = holder(running, gateway);
    let object = holder_object(&holder);
    running.site.apply_in(cluster, &[object]).await?;
    let namespace = gateway_namespace(running.site.topology, gateway);
    let held = At::new(cluster, namespace, HOLDER);
    install::address(&running.site, &held).await?;
    restore(running, cluster).await?;
    match address(running, gateway).await? == before {
        true => Err(Error::Missing {
            what: format!("another address for {} of {cluster}", gateway.name),
            why: "its load balancer gave it the same one again".to_owned(),
        }),
        false => Ok(()),
    }
}

fn holder_object(holder: &ObjectRef) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": &holder.name, "namespace": &holder.namespace},
        "spec": {"type": "LoadBalancer", "ports": [{"name": "none", "port": 9}]},
    })
}

async fn address(running: &Running<'_>, gateway: &Gateway) -> Result<String> {
    let namespace = gateway_namespace(running.site.topology, gateway);
    let at = At::new(&gateway.cluster, namespace, gateway.name.as_str());
    install::address(&running.site, &at).await
}

async fn remove(running: &Running<'_>, cluster: &ClusterName, objects: &[ObjectRef]) -> Result<()> {
    let site = &running.site;
    let gone = delete::all(site.kinds(cluster), objects, site.deadline).await;
    gone.doing(format!("remove the gateway of {cluster}"))
}

fn east_west<'a>(running: &Running<'a>, cluster: &ClusterName) -> &'a Gateway {
    let gateway = running.site.topology.east_west_gateway(cluster);
    gateway.expect("a validated scenario breaks gateways that are there")
}

fn service(running: &Running<'_>, gateway: &Gateway) -> ObjectRef {
    let namespace = gateway_namespace(running.site.topology, gateway);
    ObjectRef::namespaced("v1", "Service", namespace, gateway.name.as_str())
}

fn holder(running: &Running<'_>, gateway: &Gateway) -> ObjectRef {
    let namespace = gateway_namespace(running.site.topology, gateway);
    ObjectRef::namespaced("v1", "Service", namespace, HOLDER)
}
