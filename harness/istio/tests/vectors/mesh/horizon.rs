//! Split horizon: what one proxy is sent for a service that spans networks.

use std::{collections::BTreeMap, sync::Arc};

use istio::{
    ClusterId, Decision, NetworkId, RuleId,
    endpoint::{
        Client, Endpoint, Health, Labels, Question, Selection, select,
        select::{Purpose, Scope},
    },
    locality::LbSetting,
    network::{
        Gateways, NetworkGateway, NetworkView,
        split_horizon::{Mode, Paths, ProxyKind},
    },
    service::{Discoverability, IpFamilies},
    version::{Mechanisms, mechanism::NetworkPriority},
};
use serde::Deserialize;

use crate::case::Case;

const PORT_NAME: &str = "http";

/// A client, the gateways it knows, and the endpoints of one service.
pub(crate) struct Scene {
    pub(crate) client: Client,
    pub(crate) mode: Mode,
    pub(crate) gateways: Gateways,
    pub(crate) endpoints: Vec<Endpoint>,
    pub(crate) subset: Labels,
    pub(crate) purpose: Purpose,
    pub(crate) send_not_ready: bool,
}

impl Scene {
    /// A sidecar in one network, with nothing to reach yet.
    pub(crate) fn in_locality(locality: &str) -> Self {
        let client = Client {
            kind: ProxyKind::Sidecar,
            cluster: ClusterId::default(),
            network: NetworkId::default(),
            locality: locality.into(),
            labels: Arc::default(),
            node: "".into(),
            families: IpFamilies::V4,
            view: NetworkView::default(),
        };
        Self {
            client,
            mode: Mode::PassThrough,
            gateways: Gateways::default(),
            endpoints: Vec::new(),
            subset: Labels::new(),
            purpose: Purpose::Outbound,
            send_not_ready: true,
        }
    }

    /// Adds an endpoint that is ready and has a sidecar, and gives it back to be changed.
    pub(crate) fn add(
        &mut self,
        address: &str,
        locality: &str,
        weight: u32,
        labels: Labels,
    ) -> &mut Endpoint {
        self.endpoints.push(Endpoint {
            address: address.into(),
            port: 8080,
            port_name: PORT_NAME.into(),
            cluster: ClusterId::default(),
            network: NetworkId::default(),
            locality: locality.into(),
            labels: labels.into(),
            namespace: "".into(),
            service_account: "".into(),
            mtls_capable: true,
            weight,
            health: Health::Ready,
            node: "".into(),
            discoverability: Discoverability::Everywhere,
        });
        self.endpoints.last_mut().expect("one was just added")
    }

    pub(crate) fn select(&self, setting: Option<&LbSetting>, outlier_detection: bool) -> Selection {
        let by_mtls = |endpoint: &Endpoint| {
            let given = RuleId::new("vectors/given");
            Decision::new(endpoint.mtls_capable, given)
        };
        let paths = Paths::new(
            self.client.standpoint(self.mode, &Mechanisms::newest()),
            &self.gateways,
        );
        let question = Question {
            client: &self.client,
            paths: &paths,
            service: Scope::default(),
            port_name: PORT_NAME,
            subset: &self.subset,
            setting,
            outlier_detection,
            send_not_ready: self.send_not_ready,
            purpose: self.purpose,
            network_priority: NetworkPriority::Preferred,
            by_mtls: &by_mtls,
        };
        select(&question, &self.endpoints)
    }

    /// The weight of each address, added up over groups.
    pub(crate) fn weights(selection: &Selection) -> BTreeMap<String, u32> {
        let mut weights = BTreeMap::new();
        for host in selection.groups.iter().flat_map(|group| &group.hosts) {
            *weights.entry(host.address.to_string()).or_default() += host.weight;
        }
        weights
    }

    /// The weight of all groups.
    pub(crate) fn total(selection: &Selection) -> u32 {
        selection
            .groups
            .iter()
            .filter_map(|group| group.weight)
            .sum()
    }

    /// The priority of each address.
    pub(crate) fn priorities(&self, selection: &Selection) -> BTreeMap<String, u32> {
        let groups = selection.groups.iter();
        let hosts = groups.flat_map(|group| group.hosts.iter().map(|host| (host, group.priority)));
        hosts
            .map(|(host, priority)| (host.address.to_string(), priority))
            .collect()
    }
}

/// Gateways and endpoints as vectors and the shared topology write them.
#[derive(Deserialize)]
pub(crate) struct Topology {
    gateways: Vec<Gateway>,
    endpoints: Vec<Member>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Gateway {
    network: NetworkId,
    cluster: ClusterId,
    address: String,
    port: u16,
    hbone_port: u16,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Member {
    network: NetworkId,
    cluster: ClusterId,
    address: String,
    weight: u32,
    locality: String,
    client_sends_mtls: bool,
    version: Option<String>,
    /// Tunnelled by HBONE instead of Istio's own TLS; `client_sends_mtls` says so already.
    #[serde(rename = "hbone", default)]
    _hbone: bool,
}

impl Topology {
    /// Puts the topology into a scene. Where `by_mtls` is given it stands for what the topology
    /// says of endpoints that take mutual TLS.
    pub(crate) fn set_up(self, scene: &mut Scene, by_mtls: Option<bool>) {
        for member in self.endpoints {
            let version = member.version.map(|value| ("version".to_owned(), value));
            let labels = version.into_iter().collect();
            let added = scene.add(&member.address, &member.locality, member.weight, labels);
            added.network = member.network;
            added.cluster = member.cluster;
            added.mtls_capable = member.client_sends_mtls && by_mtls.unwrap_or(true);
        }
        scene.gateways = Gateways::new(self.gateways.into_iter().map(|gateway| NetworkGateway {
            address: gateway.address.into(),
            port: gateway.port,
            hbone_port: gateway.hbone_port,
            network: gateway.network,
            cluster: gateway.cluster,
        }));
    }
}

pub(crate) fn split_horizon(case: &mut Case<'_>) -> Result<(), String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Input {
        topology: Source,
        mode: Network,
        proxy: Proxy,
        cluster_kind: Kind,
        gateways: Option<Vec<Gateway>>,
        endpoints: Option<Vec<Member>>,
        #[serde(default)]
        subset_version: String,
    }
    #[derive(Deserialize)]
    enum Source {
        T1,
        #[serde(rename = "custom")]
        Custom,
    }
    let input: Input = case.input()?;
    let topology = match input.topology {
        Source::T1 => case.fixture("reference_topology_T1")?,
        Source::Custom => Topology {
            gateways: input.gateways.ok_or("a custom topology states gateways")?,
            endpoints: input
                .endpoints
                .ok_or("a custom topology states endpoints")?,
        },
    };
    let mut scene = Scene::in_locality("");
    topology.set_up(&mut scene, None);
    scene.client = input.proxy.client();
    scene.mode = match input.mode {
        Network::Sidecar => Mode::PassThrough,
        Network::AmbientMultinetwork => Mode::DoubleHbone,
    };
    scene.purpose = match input.cluster_kind {
        Kind::Outbound => Purpose::Outbound,
        Kind::SniDnat => Purpose::PassThrough,
    };
    if !input.subset_version.is_empty() {
        scene.subset = [("version".to_owned(), input.subset_version)].into();
    }
    let selection = scene.select(None, false);
    case.came_out("endpoints", Scene::weights(&selection));
    case.came_out("total_weight", Scene::total(&selection));
    Ok(())
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Network {
    Sidecar,
    AmbientMultinetwork,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Outbound,
    SniDnat,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Proxy {
    network: NetworkId,
    cluster: ClusterId,
    kind: ProxyKindName,
    ip_families: Vec<String>,
    requested_network_view: Vec<NetworkId>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum ProxyKindName {
    Sidecar,
    Waypoint,
    Router,
}

impl Proxy {
    fn client(self) -> Client {
        let has = |family: &str| self.ip_families.iter().any(|name| name == family);
        let families = IpFamilies {
            v4: has("ipv4"),
            v6: has("ipv6"),
        };
        Client {
            kind: match self.kind {
                ProxyKindName::Sidecar => ProxyKind::Sidecar,
                ProxyKindName::Waypoint => ProxyKind::Waypoint,
                ProxyKindName::Router => ProxyKind::Router,
            },
            cluster: self.cluster,
            network: self.network,
            families,
            view: NetworkView::new(self.requested_network_view),
            ..Scene::in_locality("").client
        }
    }
}
