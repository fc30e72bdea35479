//! Gateways: their Deployment and Service, and what they expose to other clusters.

mod deployment;
pub(crate) mod expose;
mod operator;
mod port;
mod service;

use std::collections::BTreeSet;

use scenario::topology::{Exposure, Gateway, GatewayKind, Revision, Topology};
use serde_json::{Value, json};

use crate::{
    At, Await, Object,
    control_plane::service_account,
    site::{EXTERNAL_ISTIOD, ISTIO_SYSTEM, Site, system_namespace},
};

pub(crate) use operator::operator;

/// A gateway and the installation whose istiod injects it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GatewaySite<'a> {
    pub(crate) gateway: &'a Gateway,
    pub(crate) site: Site<'a>,
}

impl<'a> GatewaySite<'a> {
    /// The gateways of every cluster.
    pub(crate) fn all(topology: &'a Topology) -> Vec<Self> {
        let site = |gateway: &'a Gateway| {
            // The first site of a cluster is that of its default revision; before an external
            // istiod stands its front door.
            let sites = Site::of_cluster(topology, &gateway.cluster);
            sites.first().map(|site| Self {
                gateway,
                site: *site,
            })
        };
        topology.gateways().iter().filter_map(site).collect()
    }

    /// The same gateway, injected by another revision.
    pub(crate) fn at_revision(&self, revision: &'a Revision) -> Self {
        Self {
            site: Site {
                revision,
                ..self.site
            },
            ..*self
        }
    }

    /// Its namespace: Istio's own moves with an external istiod.
    pub(crate) fn namespace(&self) -> &'a str {
        namespace(self.site.topology, self.gateway)
    }

    /// Its Service and Deployment.
    pub(crate) fn at(&self) -> At {
        let gateway = self.gateway;
        At::new(&gateway.cluster, self.namespace(), gateway.name.as_str())
    }

    /// The labels by which it is selected.
    fn labels(&self) -> Value {
        let name = self.gateway.name.as_str();
        let mut labels = json!({"app": name, "istio": self.role()});
        if let Some(network) = self.network() {
            labels["topology.istio.io/network"] = json!(network);
        }
        labels
    }

    /// The value of the label `istio`, by which Istio's samples select gateways.
    pub(crate) fn role(&self) -> &'a str {
        match self.gateway.kind {
            GatewayKind::EastWest => "eastwestgateway",
            GatewayKind::Ingress | GatewayKind::Egress => {
                let name = self.gateway.name.as_str();
                name.strip_prefix("istio-").unwrap_or(name)
            }
        }
    }

    /// The network that it is the gateway of. One that only lets VMs of a single cluster reach
    /// istiod is none, as with `gen-eastwest-gateway.sh --single-cluster`.
    fn network(&self) -> Option<&'a str> {
        let is_east_west = self.gateway.kind == GatewayKind::EastWest;
        let for_vms_only = self.gateway.exposes == BTreeSet::from([Exposure::Istiod])
            && clusters_with_workloads(&self.site) == 1;
        (is_east_west && !for_vms_only).then(|| self.site.network().as_str())
    }
}

fn clusters_with_workloads(site: &Site<'_>) -> usize {
    let members = site.topology.members().values();
    members
        .filter(|member| member.mesh.as_ref() == Some(&site.mesh().name))
        .filter(|member| member.role.has_workloads())
        .count()
}

/// The namespace that a gateway is installed in.
pub fn namespace<'a>(topology: &Topology, gateway: &'a Gateway) -> &'a str {
    let declared = gateway.namespace.as_str();
    let member = topology.member(&gateway.cluster);
    let is_served = member.is_some_and(|member| member.role.has_workloads());
    if declared == ISTIO_SYSTEM && is_served {
        match system_namespace(topology, &gateway.cluster) {
            EXTERNAL_ISTIOD => EXTERNAL_ISTIOD,
            _ => declared,
        }
    } else {
        declared
    }
}

/// The objects of a gateway.
pub(crate) fn objects(gateway: &GatewaySite<'_>) -> Vec<Object> {
    let account = format!("{}-service-account", gateway.gateway.name);
    vec![
        service_account(&account, gateway.namespace()),
        deployment::gateway(gateway, &account),
        service::gateway(gateway),
    ]
}

/// That it works and has an address.
pub(crate) fn awaits(gateway: &GatewaySite<'_>) -> [Await; 2] {
    [Await::Available(gateway.at()), Await::Address(gateway.at())]
}
