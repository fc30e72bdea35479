use super::*;
use crate::{
    endpoint::rules,
    kinds::{LocalityLoadBalancerSetting, ZoneAwareLoadBalancerSetting, locality_lb::Distribute},
    locality::rules as locality_rules,
    network::{Gateways, NetworkGateway, rules as network_rules},
    service::Discoverability,
    version::{Mechanisms, mechanism::NetworkPriority},
};

/// A client in cluster `here` of network `near`, on node `n1`, and what it asks about.
struct Scene {
    client: Client,
    gateways: Gateways,
    mode: Mode,
    service: Scope,
    subset: Labels,
    setting: Option<LbSetting>,
    outlier_detection: bool,
    send_not_ready: bool,
    purpose: Purpose,
    endpoints: Vec<Endpoint>,
}

impl Scene {
    fn new() -> Self {
        Self {
            client: Client {
                kind: ProxyKind::Sidecar,
                cluster: "here".into(),
                network: "near".into(),
                locality: "r1/z1/s1".into(),
                labels: Arc::new([("app".to_owned(), "client".to_owned())].into()),
                node: "n1".into(),
                families: IpFamilies::V4,
                view: NetworkView::default(),
            },
            gateways: Gateways::default(),
            mode: Mode::PassThrough,
            service: Scope::default(),
            subset: Labels::new(),
            setting: None,
            outlier_detection: false,
            send_not_ready: false,
            purpose: Purpose::Outbound,
            endpoints: Vec::new(),
        }
    }

    fn gateway(mut self, network: &str, cluster: &str, address: &str) -> Self {
        let added = NetworkGateway {
            address: address.into(),
            port: 15443,
            hbone_port: 0,
            network: network.into(),
            cluster: cluster.into(),
        };
        let all: Vec<_> = self.gateways.iter().cloned().chain([added]).collect();
        self.gateways = Gateways::new(all);
        self
    }

    fn endpoint(mut self, change: impl FnOnce(&mut Endpoint)) -> Self {
        let mut endpoint = near(self.endpoints.len());
        change(&mut endpoint);
        self.endpoints.push(endpoint);
        self
    }

    fn select(&self) -> Selection {
        let paths = Paths::new(
            self.client.standpoint(self.mode, &Mechanisms::newest()),
            &self.gateways,
        );
        let by_mtls = |endpoint: &Endpoint| Decision::new(endpoint.mtls_capable, rules::WEIGHT);
        let question = Question {
            client: &self.client,
            paths: &paths,
            service: self.service,
            port_name: "http",
            subset: &self.subset,
            setting: self.setting.as_ref(),
            outlier_detection: self.outlier_detection,
            send_not_ready: self.send_not_ready,
            purpose: self.purpose,
            network_priority: NetworkPriority::Preferred,
            by_mtls: &by_mtls,
        };
        select(&question, &self.endpoints)
    }

    /// Address and weight of every host, and why endpoints are left out.
    fn outcome(&self) -> (Vec<(String, u32)>, Vec<RuleId>) {
        let selection = self.select();
        let hosts = selection.groups.iter().flat_map(|group| &group.hosts);
        let hosts = hosts.map(|host| (host.address.to_string(), host.weight));
        let reasons = selection.left_out.iter().map(|left| left.because.clone());
        (hosts.collect(), reasons.collect())
    }

    fn only_reason(&self) -> RuleId {
        let (hosts, reasons) = self.outcome();
        assert_eq!(
            (hosts.len(), reasons.len()),
            (0, 1),
            "{hosts:?} {reasons:?}"
        );
        reasons[0].clone()
    }
}

/// A ready endpoint beside the client.
fn near(n: usize) -> Endpoint {
    Endpoint {
        address: format!("10.0.0.{}", n + 1).into(),
        port: 8080,
        port_name: "http".into(),
        cluster: "here".into(),
        network: "near".into(),
        locality: "r1/z1/s1".into(),
        labels: Arc::default(),
        namespace: "default".into(),
        service_account: "default".into(),
        mtls_capable: true,
        weight: 1,
        health: Health::Ready,
        node: "n1".into(),
        discoverability: Discoverability::Everywhere,
    }
}

fn labels(name: &str, value: &str) -> Labels {
    [(name.to_owned(), value.to_owned())].into()
}

fn far(endpoint: &mut Endpoint) {
    endpoint.cluster = "there".into();
    endpoint.network = "far".into();
}

#[test]
fn an_endpoint_of_another_port_or_subset_does_not_belong() {
    let port = Scene::new().endpoint(|endpoint| endpoint.port_name = "https".into());
    assert_eq!(port.only_reason(), rules::PORT_NAME);
    let mut subset = Scene::new().endpoint(|_| ());
    subset.subset = labels("version", "v1");
    assert_eq!(subset.only_reason(), rules::SUBSET);
    subset.endpoints[0].labels = Arc::new(labels("version", "v1"));
    assert_eq!(subset.outcome().0.len(), 1);
}

#[test]
fn a_host_name_is_no_address_but_a_unix_socket_is() {
    let name = Scene::new().endpoint(|endpoint| endpoint.address = "db.example.com".into());
    assert_eq!(name.only_reason(), rules::HOST_NAME_ADDRESS);
    let socket = Scene::new().endpoint(|endpoint| {
        endpoint.address = "/var/run/app.sock".into();
        endpoint.port = 0;
    });
    assert_eq!(socket.outcome().0.len(), 1);
}

#[test]
fn a_node_local_service_stays_on_the_node_of_the_same_cluster() {
    let mut scene = Scene::new()
        .endpoint(|_| ())
        .endpoint(|endpoint| endpoint.node = "n2".into())
        .endpoint(|endpoint| endpoint.cluster = "there".into());
    scene.service.node_local = true;
    let (hosts, reasons) = scene.outcome();
    assert_eq!(hosts, [("10.0.0.1".to_owned(), 1)]);
    assert_eq!(reasons, [rules::NODE_LOCAL, rules::NODE_LOCAL]);
}

#[test]
fn scope_and_view_leave_endpoints_out() {
    let mut local = Scene::new().endpoint(|endpoint| endpoint.cluster = "there".into());
    local.service.cluster_local = true;
    assert_eq!(local.only_reason(), rules::CLUSTER_LOCAL);
    let mut viewed = Scene::new().endpoint(far);
    viewed.client.view = NetworkView::new(["near".into()]);
    assert_eq!(viewed.only_reason(), rules::NETWORK_VIEW);
    let hidden = Scene::new().endpoint(|endpoint| {
        endpoint.cluster = "there".into();
        endpoint.discoverability = Discoverability::SameCluster;
    });
    assert_eq!(hidden.only_reason(), rules::NOT_DISCOVERABLE);
}

#[test]
fn health_decides_who_serves() {
    let of = |health| Scene::new().endpoint(|endpoint| endpoint.health = health);
    let mut not_ready = of(Health::NotReady);
    assert_eq!(not_ready.only_reason(), rules::NOT_READY);
    not_ready.send_not_ready = true;
    assert!(!not_ready.select().groups[0].hosts[0].healthy);
    let mut terminating = of(Health::Terminating);
    terminating.send_not_ready = true;
    assert_eq!(terminating.only_reason(), rules::TERMINATING);
    let mut draining = of(Health::Draining);
    assert_eq!(draining.only_reason(), rules::DRAINING);
    draining.service.persistent_sessions = true;
    assert_eq!(draining.outcome().0.len(), 1);
}

#[test]
fn a_label_makes_an_endpoint_drain_unless_it_is_empty() {
    let labelled = |value| {
        Scene::new()
            .endpoint(|endpoint| endpoint.labels = labels("istio.io/draining", value).into())
    };
    assert_eq!(labelled("true").only_reason(), rules::DRAINING);
    assert_eq!(labelled("").outcome().0.len(), 1);
    let mut kept = labelled("true");
    kept.service.persistent_sessions = true;
    assert_eq!(kept.outcome().0.len(), 1);
}

#[test]
fn without_an_address_only_a_gateway_can_stand_in() {
    let nowhere = |endpoint: &mut Endpoint| endpoint.address = "".into();
    let single = Scene::new().endpoint(nowhere);
    assert_eq!(single.only_reason(), network_rules::NO_ADDRESS);
    let own = Scene::new()
        .gateway("far", "there", "172.16.0.1")
        .endpoint(nowhere);
    assert_eq!(own.only_reason(), network_rules::NO_ADDRESS);
    let elsewhere = Scene::new()
        .gateway("other", "there", "172.16.0.1")
        .endpoint(|endpoint| {
            far(endpoint);
            nowhere(endpoint);
        });
    assert_eq!(elsewhere.only_reason(), network_rules::NO_ADDRESS);
    let behind = Scene::new()
        .gateway("far", "there", "172.16.0.1")
        .endpoint(|endpoint| {
            far(endpoint);
            nowhere(endpoint);
        });
    assert_eq!(behind.outcome().0, [("172.16.0.1".to_owned(), 1)]);
    let mut vague = behind;
    vague.client.network = NetworkId::default();
    assert_eq!(vague.outcome().0, [("172.16.0.1".to_owned(), 1)]);
}

#[test]
fn gateways_of_the_endpoint_s_cluster_share_its_weight() {
    let scene = Scene::new()
        .gateway("far", "there", "172.16.0.1")
        .gateway("far", "there", "172.16.0.2")
        .gateway("far", "elsewhere", "172.16.0.3")
        .endpoint(|endpoint| {
            far(endpoint);
            endpoint.weight = 3;
        })
        .endpoint(|_| ());
    let (hosts, _) = scene.outcome();
    let expected = [("10.0.0.2", 6), ("172.16.0.1", 9), ("172.16.0.2", 9)];
    assert_eq!(
        hosts,
        expected.map(|(address, weight)| (address.to_owned(), weight))
    );
}

#[test]
fn plaintext_is_invisible_across_networks_and_behind_a_passthrough() {
    let plain = |endpoint: &mut Endpoint| endpoint.mtls_capable = false;
    let across = Scene::new()
        .gateway("far", "there", "172.16.0.1")
        .endpoint(|endpoint| {
            far(endpoint);
            plain(endpoint);
        });
    assert_eq!(across.only_reason(), network_rules::PLAINTEXT);
    let mut own = Scene::new()
        .gateway("far", "there", "172.16.0.1")
        .endpoint(plain);
    assert_eq!(own.outcome().0.len(), 1);
    assert!(!own.select().groups[0].hosts[0].mtls);
    own.purpose = Purpose::PassThrough;
    assert_eq!(own.only_reason(), network_rules::PASSTHROUGH_PLAINTEXT);
}

#[test]
fn a_waypoint_of_ambient_multi_network_takes_plaintext_over_hbone() {
    let mut scene = Scene::new().endpoint(|endpoint| {
        far(endpoint);
        endpoint.mtls_capable = false;
    });
    scene.client.kind = ProxyKind::Waypoint;
    scene.mode = Mode::DoubleHbone;
    assert_eq!(scene.only_reason(), network_rules::AMBIENT_NO_GATEWAY);
    scene.gateways = Gateways::new([NetworkGateway {
        address: "172.16.0.1".into(),
        port: 0,
        hbone_port: 15008,
        network: "far".into(),
        cluster: "there".into(),
    }]);
    let selection = scene.select();
    let host = &selection.groups[0].hosts[0];
    assert_eq!((&*host.address, host.port), ("172.16.0.1", 15008));
    scene.client.kind = ProxyKind::Sidecar;
    assert_eq!(scene.only_reason(), network_rules::AMBIENT_NO_GATEWAY);
}

#[test]
fn a_gateway_without_a_port_for_tls_is_none_to_a_sidecar_but_is_to_a_router() {
    let mut scene = Scene::new().endpoint(far);
    scene.gateways = Gateways::new([NetworkGateway {
        address: "172.16.0.1".into(),
        port: 0,
        hbone_port: 15008,
        network: "far".into(),
        cluster: "there".into(),
    }]);
    assert_eq!(
        scene.select().groups[0].hosts[0].because,
        network_rules::NO_GATEWAY
    );
    scene.client.kind = ProxyKind::Router;
    assert_eq!(
        scene.select().groups[0].hosts[0].because,
        network_rules::GATEWAY
    );
}

#[test]
fn a_gateway_of_the_wrong_family_does_not_fall_back_to_the_pod() {
    let scene = Scene::new()
        .gateway("far", "there", "2001:db8::1")
        .endpoint(far);
    assert_eq!(scene.only_reason(), network_rules::FAMILY);
}

#[test]
fn groups_are_sorted_and_kept_apart_by_their_locality_as_written() {
    let scene = Scene::new()
        .endpoint(|endpoint| endpoint.locality = "r1/z2".into())
        .endpoint(|endpoint| endpoint.locality = "r1/z1/".into())
        .endpoint(|endpoint| endpoint.locality = "r1/z1".into());
    let selection = scene.select();
    let localities = selection
        .groups
        .iter()
        .map(|group| group.locality.to_string());
    assert_eq!(localities.collect::<Vec<_>>(), ["r1/z1", "r1/z1/", "r1/z2"]);
}

fn spread() -> Scene {
    let at =
        |locality: &'static str| move |endpoint: &mut Endpoint| endpoint.locality = locality.into();
    let scene = Scene::new().endpoint(at("r1/z1/s1")).endpoint(at("r1/z2"));
    scene.endpoint(at("r2")).endpoint(at("r3"))
}

fn priorities(scene: &Scene) -> (Vec<u32>, RuleId) {
    let selection = scene.select();
    let priorities = selection
        .groups
        .iter()
        .map(|group| group.priority)
        .collect();
    (priorities, selection.ordered_by)
}

fn locality(setting: LocalityLoadBalancerSetting, forced: bool) -> Option<LbSetting> {
    Some(LbSetting::Locality { setting, forced })
}

#[test]
fn failover_needs_outlier_detection_or_force() {
    let mut scene = spread();
    assert_eq!(priorities(&scene), (vec![0; 4], locality_rules::NO_SETTING));
    scene.setting = locality(LocalityLoadBalancerSetting::default(), false);
    assert_eq!(
        priorities(&scene),
        (vec![0; 4], locality_rules::FAILOVER_INACTIVE)
    );
    scene.outlier_detection = true;
    assert_eq!(
        priorities(&scene),
        (vec![0, 1, 2, 2], locality_rules::REGION_FAILOVER)
    );
    scene.outlier_detection = false;
    scene.setting = locality(LocalityLoadBalancerSetting::default(), true);
    assert_eq!(
        priorities(&scene),
        (vec![0, 1, 2, 2], locality_rules::REGION_FAILOVER)
    );
}

#[test]
fn zone_aware_orders_by_region_except_for_waypoints_and_when_off() {
    let mut scene = spread();
    scene.setting = Some(LbSetting::ZoneAware(ZoneAwareLoadBalancerSetting::default()));
    assert_eq!(
        priorities(&scene),
        (vec![0, 0, 1, 1], locality_rules::ZONE_AWARE)
    );
    scene.client.kind = ProxyKind::Waypoint;
    assert_eq!(priorities(&scene), (vec![0; 4], locality_rules::NO_SETTING));
    scene.client.kind = ProxyKind::Sidecar;
    scene.setting = Some(LbSetting::ZoneAware(ZoneAwareLoadBalancerSetting {
        enabled: Some(false),
        ..ZoneAwareLoadBalancerSetting::default()
    }));
    assert_eq!(
        priorities(&scene),
        (vec![0; 4], locality_rules::ZONE_ROUTING_OFF)
    );
}

fn by_labels(list: &[&str]) -> LocalityLoadBalancerSetting {
    LocalityLoadBalancerSetting {
        failover_priority: list.iter().map(|name| (*name).to_owned()).collect(),
        ..LocalityLoadBalancerSetting::default()
    }
}

#[test]
fn labels_split_groups_and_gateways_carry_only_network_and_cluster() {
    let mut scene = Scene::new()
        .gateway("far", "there", "172.16.0.1")
        .endpoint(|endpoint| endpoint.labels = labels("app", "client").into())
        .endpoint(far);
    scene.setting = locality(by_labels(&["app"]), true);
    let selection = scene.select();
    assert_eq!(selection.ordered_by, locality_rules::LABEL_FAILOVER);
    let groups: Vec<_> = selection
        .groups
        .iter()
        .map(|g| (g.priority, g.weight))
        .collect();
    assert_eq!(groups, [(0, Some(1)), (1, Some(1))]);
    scene.setting = locality(by_labels(&["topology.istio.io/network=far"]), true);
    let first = scene.select().groups[0].hosts[0].address.clone();
    assert_eq!(&*first, "172.16.0.1");
}

#[test]
fn labels_of_nobody_or_for_nobody_split_nothing() {
    let mut scene = spread();
    scene.setting = locality(by_labels(&["app"]), true);
    scene.client.labels = Arc::default();
    assert_eq!(
        priorities(&scene),
        (vec![0; 4], locality_rules::LABEL_FAILOVER_UNLABELLED)
    );
    let mut empty = Scene::new();
    empty.setting = locality(by_labels(&["app"]), true);
    assert_eq!(
        priorities(&empty),
        (vec![], locality_rules::LABEL_FAILOVER_UNLABELLED)
    );
}

#[test]
fn distribute_sets_weights_and_empties_what_it_does_not_name() {
    let mut scene = spread()
        .gateway("far", "there", "172.16.0.1")
        .endpoint(|endpoint| {
            far(endpoint);
            endpoint.locality = "r3".into();
        });
    scene.setting = locality(
        LocalityLoadBalancerSetting {
            distribute: vec![Distribute {
                from: "r1/*".to_owned(),
                to: [("r1".to_owned(), 80), ("r2".to_owned(), 20)].into(),
            }],
            ..LocalityLoadBalancerSetting::default()
        },
        false,
    );
    let selection = scene.select();
    assert_eq!(selection.ordered_by, locality_rules::DISTRIBUTE);
    let weights: Vec<_> = selection
        .groups
        .iter()
        .map(|g| (g.weight, g.hosts.len()))
        .collect();
    assert_eq!(weights[..3], [(Some(40), 1), (Some(40), 1), (Some(20), 1)]);
    assert_eq!(weights[3].1, 0);
    let emptied: Vec<u32> = selection
        .left_out
        .iter()
        .map(|left| left.endpoint)
        .collect();
    assert_eq!(emptied, [3, 4]);
    assert!(
        selection
            .left_out
            .iter()
            .all(|left| left.because == rules::EMPTIED_BY_DISTRIBUTE)
    );
}
