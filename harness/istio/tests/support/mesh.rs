//! A mesh of any size for benches and properties: clusters in networks with gateways, services
//! with endpoints everywhere.

use std::sync::Arc;

use istio::{
    ClusterId, Decision, NetworkId, RuleId,
    endpoint::{
        Client, Endpoint, Health, Index, Labels, Question,
        labels::{self, Topology},
        select::{Purpose, Scope},
    },
    locality::{LbSetting, LocalityLabel},
    network::{
        Gateways, NetworkGateway, NetworkView,
        split_horizon::{Mode, Paths, ProxyKind},
    },
    service::{Discoverability, IpFamilies},
    version::{Mechanisms, mechanism::NetworkPriority},
};

/// The name of the one port of every service.
pub(crate) const PORT_NAME: &str = "http";

/// How big the mesh is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    /// Clusters, five to a network.
    pub(crate) clusters: u32,
    /// Services, each in every cluster.
    pub(crate) services: u32,
    /// Endpoints of a service in a cluster.
    pub(crate) endpoints: u32,
}

/// What one control plane knows, and one client.
pub(crate) struct Mesh {
    /// All endpoints.
    pub(crate) index: Index,
    /// All gateways: two in every cluster.
    pub(crate) gateways: Gateways,
    /// A sidecar in the first cluster.
    pub(crate) client: Client,
    none: Labels,
}

/// The network of a cluster.
fn network(cluster: u32) -> NetworkId {
    format!("network{}", cluster / 5).as_str().into()
}

fn cluster(n: u32) -> ClusterId {
    format!("cluster{n}").as_str().into()
}

/// Four regions of three zones, in turn.
fn locality(n: u32) -> LocalityLabel {
    format!("region{}/zone{}", n % 4, n % 3).as_str().into()
}

/// The host of a service.
pub(crate) fn host(service: u32) -> String {
    format!("service{service}.default.svc.cluster.local")
}

impl Mesh {
    /// Builds a mesh.
    pub(crate) fn new(size: Size) -> Self {
        let mut index = Index::default();
        for service in 0..size.services {
            let in_cluster = |n| {
                let endpoints = (0..size.endpoints).map(|i| endpoint(n, service, i));
                (cluster(n), endpoints.collect::<Vec<_>>())
            };
            index.update_many(&host(service), (0..size.clusters).map(in_cluster));
        }
        let gateways = (0..size.clusters).flat_map(|n| [gateway(n, 1), gateway(n, 2)]);
        Self {
            index,
            gateways: Gateways::new(gateways),
            client: client(),
            none: Labels::new(),
        }
    }

    /// The paths of the client.
    pub(crate) fn paths(&self) -> Paths<'_> {
        Paths::new(
            self.client
                .standpoint(Mode::PassThrough, &Mechanisms::newest()),
            &self.gateways,
        )
    }

    /// The question a sidecar asks for a service.
    pub(crate) fn question<'a>(
        &'a self,
        paths: &'a Paths<'a>,
        setting: Option<&'a LbSetting>,
        by_mtls: &'a dyn Fn(&Endpoint) -> Decision<bool>,
    ) -> Question<'a> {
        Question {
            client: &self.client,
            paths,
            service: Scope::default(),
            port_name: PORT_NAME,
            subset: &self.none,
            setting,
            outlier_detection: true,
            send_not_ready: true,
            purpose: Purpose::Outbound,
            network_priority: NetworkPriority::Preferred,
            by_mtls,
        }
    }
}

/// Every endpoint with a sidecar is reached by mutual TLS.
pub(crate) fn capable(endpoint: &Endpoint) -> Decision<bool> {
    Decision::new(endpoint.mtls_capable, RuleId::new("test/capable"))
}

fn client() -> Client {
    Client {
        kind: ProxyKind::Sidecar,
        cluster: cluster(0),
        network: network(0),
        locality: locality(0),
        labels: Arc::new(topology(0, &Labels::new())),
        node: "node".into(),
        families: IpFamilies::V4,
        view: NetworkView::default(),
    }
}

fn topology(n: u32, own: &Labels) -> Labels {
    let (locality, cluster, network) = (locality(n), cluster(n), network(n));
    let topology = Topology {
        place: locality.place(),
        cluster: &cluster,
        network: &network,
        node: "node",
    };
    labels::with_topology(own, topology).value
}

fn endpoint(n: u32, service: u32, i: u32) -> Endpoint {
    let app = ("app".to_owned(), format!("service{service}"));
    Endpoint {
        address: format!("10.{n}.{}.{}", service % 250, i + 1).into(),
        port: 8080,
        port_name: PORT_NAME.into(),
        cluster: cluster(n),
        network: network(n),
        locality: locality(n + i),
        labels: Arc::new(topology(n, &[app].into())),
        namespace: "default".into(),
        service_account: "default".into(),
        mtls_capable: true,
        weight: 1,
        health: Health::Ready,
        node: "node".into(),
        discoverability: Discoverability::Everywhere,
    }
}

fn gateway(n: u32, which: u32) -> NetworkGateway {
    NetworkGateway {
        address: format!("172.16.{n}.{which}").into(),
        port: 15443,
        hbone_port: 0,
        network: network(n),
        cluster: cluster(n),
    }
}
