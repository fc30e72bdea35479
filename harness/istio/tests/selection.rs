//! What holds for every selection, whatever the mesh looks like.

use std::{collections::BTreeSet, sync::Arc};

use istio::{
    ClusterId, Decision, NetworkId, RuleId,
    endpoint::{
        Client, Endpoint, Health, Index, Labels, Question, Reached, Selection,
        labels::{self, Topology},
        select,
        select::{Purpose, Scope},
    },
    kinds::{
        LocalityLoadBalancerSetting, ZoneAwareLoadBalancerSetting,
        locality_lb::{Distribute, Failover},
    },
    locality::{LbSetting, LocalityLabel, Place, distribute},
    network::{
        Gateways, NetworkGateway, NetworkView,
        split_horizon::{Mode, Paths, ProxyKind},
    },
    rule,
    service::{Discoverability, IpFamilies},
    version::{Mechanisms, mechanism::NetworkPriority},
};
use proptest::prelude::*;

const HOST: &str = "service.default.svc.cluster.local";
const CLUSTERS: u8 = 4;
const NETWORKS: u8 = 3;

/// Writes the names of a scene; a renaming is another one of these.
#[derive(Debug, Clone, Copy)]
struct Names(&'static str);

impl Names {
    fn cluster(self, n: u8) -> ClusterId {
        format!("{}cluster{n}", self.0).as_str().into()
    }

    /// Network 0 is the empty one under every naming.
    fn network(self, n: u8) -> NetworkId {
        match n {
            0 => NetworkId::default(),
            _ => format!("{}network{n}", self.0).as_str().into(),
        }
    }

    fn region(self, n: u8) -> String {
        format!("{}region{n}", self.0)
    }

    fn locality(self, (region, zone): (u8, u8)) -> LocalityLabel {
        format!("{}/{}zone{zone}", self.region(region), self.0)
            .as_str()
            .into()
    }
}

/// An endpoint by numbers.
#[derive(Debug, Clone, Copy)]
struct Pod {
    cluster: u8,
    network: u8,
    place: (u8, u8),
    weight: u32,
    health: Health,
    sidecar: bool,
    address: bool,
}

/// Which setting is in effect.
#[derive(Debug, Clone, Copy)]
enum Preference {
    None,
    Region,
    RegionWithTarget,
    Labels,
    LabelsAndRegion,
    ZoneAware,
    Distribute,
}

/// A client, gateways and the pods of one service, by numbers.
#[derive(Debug, Clone)]
struct Drawn {
    client: Pod,
    pods: Vec<Pod>,
    gateways: Vec<(u8, u8)>,
    preference: Preference,
    cluster_local: bool,
    send_not_ready: bool,
    pass_through: bool,
}

/// The same with names.
struct Scene {
    client: Client,
    gateways: Gateways,
    endpoints: Vec<Endpoint>,
    setting: Option<LbSetting>,
    drawn: Drawn,
}

impl Drawn {
    fn named(&self, names: Names) -> Scene {
        let pods = (0..).zip(&self.pods);
        let gateways = (0..)
            .zip(&self.gateways)
            .map(|(i, &(network, cluster))| NetworkGateway {
                address: format!("172.16.0.{i}").into(),
                port: 15443,
                hbone_port: 0,
                network: names.network(network),
                cluster: names.cluster(cluster),
            });
        Scene {
            client: client(self.client, names),
            gateways: Gateways::new(gateways),
            endpoints: pods.map(|(i, pod)| endpoint(i, *pod, names)).collect(),
            setting: setting(self.preference, names),
            drawn: self.clone(),
        }
    }
}

fn topology(pod: Pod, names: Names) -> Labels {
    let locality = names.locality(pod.place);
    let topology = Topology {
        place: locality.place(),
        cluster: &names.cluster(pod.cluster),
        network: &names.network(pod.network),
        node: "",
    };
    labels::with_topology(&Labels::new(), topology).value
}

fn client(pod: Pod, names: Names) -> Client {
    Client {
        kind: ProxyKind::Sidecar,
        cluster: names.cluster(pod.cluster),
        network: names.network(pod.network),
        locality: names.locality(pod.place),
        labels: topology(pod, names).into(),
        node: "".into(),
        families: IpFamilies::V4,
        view: NetworkView::default(),
    }
}

fn endpoint(i: u32, pod: Pod, names: Names) -> Endpoint {
    let address = format!("10.0.{}.{}", i / 250, i % 250);
    Endpoint {
        address: if pod.address { address } else { String::new() }.into(),
        port: 8080,
        port_name: "http".into(),
        cluster: names.cluster(pod.cluster),
        network: names.network(pod.network),
        locality: names.locality(pod.place),
        labels: topology(pod, names).into(),
        namespace: "default".into(),
        service_account: "default".into(),
        mtls_capable: pod.sidecar,
        weight: pod.weight,
        health: pod.health,
        node: "".into(),
        discoverability: Discoverability::Everywhere,
    }
}

fn setting(preference: Preference, names: Names) -> Option<LbSetting> {
    let failover = vec![Failover {
        from: names.region(0),
        to: names.region(1),
    }];
    let priority: Vec<String> = [labels::NETWORK, labels::CLUSTER]
        .into_iter()
        .map(str::to_owned)
        .collect();
    let none = LocalityLoadBalancerSetting::default();
    let setting = match preference {
        Preference::None => return None,
        Preference::Region => none,
        Preference::RegionWithTarget => LocalityLoadBalancerSetting { failover, ..none },
        Preference::Labels => LocalityLoadBalancerSetting {
            failover_priority: priority,
            ..none
        },
        Preference::LabelsAndRegion => LocalityLoadBalancerSetting {
            failover,
            failover_priority: priority,
            ..none
        },
        Preference::Distribute => LocalityLoadBalancerSetting {
            distribute: vec![shares(names)],
            ..none
        },
        Preference::ZoneAware => {
            return Some(LbSetting::ZoneAware(ZoneAwareLoadBalancerSetting {
                failover,
                ..ZoneAwareLoadBalancerSetting::default()
            }));
        }
    };
    Some(LbSetting::Locality {
        setting,
        forced: false,
    })
}

fn shares(names: Names) -> Distribute {
    Distribute {
        from: "*".to_owned(),
        to: [(names.region(0), 70), (names.region(1), 30)].into(),
    }
}

impl Scene {
    fn select(&self) -> Selection {
        let by_mtls =
            |endpoint: &Endpoint| Decision::new(endpoint.mtls_capable, RuleId::new("test/capable"));
        let paths = Paths::new(
            self.client
                .standpoint(Mode::PassThrough, &Mechanisms::newest()),
            &self.gateways,
        );
        let question = Question {
            client: &self.client,
            paths: &paths,
            service: Scope {
                cluster_local: self.drawn.cluster_local,
                ..Scope::default()
            },
            port_name: "http",
            subset: &Labels::new(),
            setting: self.setting.as_ref(),
            outlier_detection: true,
            send_not_ready: self.drawn.send_not_ready,
            purpose: match self.drawn.pass_through {
                true => Purpose::PassThrough,
                false => Purpose::Outbound,
            },
            network_priority: NetworkPriority::Preferred,
            by_mtls: &by_mtls,
        };
        select(&question, &self.endpoints)
    }

    /// The addresses of the endpoints that are used, directly or through a gateway.
    fn used(&self) -> BTreeSet<Arc<str>> {
        let selection = self.select();
        let hosts = selection.groups.iter().flat_map(|group| &group.hosts);
        let indices = hosts.flat_map(|host| match &host.reached {
            Reached::Directly(index) => vec![*index],
            Reached::Through { stands_for, .. } => stands_for.clone(),
        });
        indices
            .map(|i| self.endpoints[i as usize].address.clone())
            .collect()
    }
}

fn pod() -> impl Strategy<Value = Pod> {
    let health = prop_oneof![
        4 => Just(Health::Ready),
        1 => Just(Health::NotReady),
        1 => Just(Health::Terminating),
        1 => Just(Health::Draining),
    ];
    let place = (0..3u8, 0..2u8);
    let traits = (prop::bool::weighted(0.8), prop::bool::weighted(0.9));
    (0..CLUSTERS, 0..NETWORKS, place, 0..5u32, health, traits).prop_map(
        |(cluster, network, place, weight, health, (sidecar, address))| Pod {
            cluster,
            network,
            place,
            weight,
            health,
            sidecar,
            address,
        },
    )
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let preference = prop::sample::select(vec![
        Preference::None,
        Preference::Region,
        Preference::RegionWithTarget,
        Preference::Labels,
        Preference::LabelsAndRegion,
        Preference::ZoneAware,
        Preference::Distribute,
    ]);
    let gateways = prop::collection::vec((1..NETWORKS, 0..CLUSTERS), 0..5);
    let pods = prop::collection::vec(pod(), 0..12);
    let switches = (
        prop::bool::weighted(0.1),
        any::<bool>(),
        prop::bool::weighted(0.2),
    );
    (pod(), pods, gateways, preference, switches).prop_map(
        |(client, pods, gateways, preference, (cluster_local, send_not_ready, pass_through))| {
            Drawn {
                client,
                pods,
                gateways,
                preference,
                cluster_local,
                send_not_ready,
                pass_through,
            }
        },
    )
}

const PLAIN: Names = Names("");

proptest! {
    #[test]
    fn priorities_start_at_zero_without_a_gap(drawn in drawn()) {
        let selection = drawn.named(PLAIN).select();
        let used: BTreeSet<u32> = selection.groups.iter().map(|group| group.priority).collect();
        let contiguous: BTreeSet<u32> = (0..used.len() as u32).collect();
        prop_assert_eq!(used, contiguous);
    }

    #[test]
    fn every_endpoint_is_used_or_left_out_by_a_rule_of_the_register(drawn in drawn()) {
        let scene = drawn.named(PLAIN);
        let selection = scene.select();
        let hosts = selection.groups.iter().flat_map(|group| &group.hosts);
        let mut seen: BTreeSet<u32> = hosts
            .flat_map(|host| match &host.reached {
                Reached::Directly(index) => vec![*index],
                Reached::Through { stands_for, .. } => stands_for.clone(),
            })
            .collect();
        for left in &selection.left_out {
            prop_assert!(seen.insert(left.endpoint), "endpoint {} is both", left.endpoint);
            prop_assert!(rule::find(&left.because).is_some(), "{}", left.because);
        }
        prop_assert_eq!(seen, (0..scene.endpoints.len() as u32).collect());
        prop_assert!(rule::find(&selection.ordered_by).is_some());
    }

    #[test]
    fn no_host_is_without_address_and_no_gateway_without_mutual_tls(drawn in drawn()) {
        let scene = drawn.named(PLAIN);
        for host in scene.select().groups.iter().flat_map(|group| &group.hosts) {
            prop_assert!(!host.address.is_empty());
            if let Reached::Through { stands_for, .. } = &host.reached {
                prop_assert!(host.mtls && host.healthy);
                let plain = stands_for.iter().find(|i| !scene.endpoints[**i as usize].mtls_capable);
                prop_assert_eq!(plain, None);
            }
        }
    }

    #[test]
    fn a_group_weighs_what_its_hosts_weigh_unless_it_is_shared_out(drawn in drawn()) {
        prop_assume!(!matches!(drawn.preference, Preference::Distribute));
        for group in drawn.named(PLAIN).select().groups {
            let sum: u32 = group.hosts.iter().map(|host| host.weight).sum();
            prop_assert_eq!(group.weight.unwrap_or(0), sum);
        }
    }

    #[test]
    fn the_order_of_clusters_and_gateways_does_not_matter(
        drawn in drawn(),
        order in Just((0..CLUSTERS).collect::<Vec<u8>>()).prop_shuffle(),
    ) {
        let scene = drawn.named(PLAIN);
        let indexed = |order: &[u8]| {
            let mut index = Index::default();
            for &n in order {
                let cluster = PLAIN.cluster(n);
                let own = scene.endpoints.iter().filter(|endpoint| endpoint.cluster == cluster);
                index.update(HOST, &cluster, own.cloned().collect());
            }
            index.of(HOST).map(|known| known.endpoints.to_vec()).unwrap_or_default()
        };
        let given = Scene { endpoints: indexed(&[0, 1, 2, 3]), ..drawn.named(PLAIN) };
        let shuffled = Scene { endpoints: indexed(&order), ..drawn.named(PLAIN) };
        prop_assert_eq!(given.select(), shuffled.select());
        let gateways: Vec<NetworkGateway> = given.gateways.iter().cloned().collect();
        let backwards = Gateways::new(gateways.into_iter().rev());
        let backwards = Scene { gateways: backwards, ..given };
        prop_assert_eq!(backwards.select(), shuffled.select());
    }

    #[test]
    fn a_cluster_that_is_forgotten_takes_its_endpoints_and_no_others(drawn in drawn()) {
        let scene = drawn.named(PLAIN);
        let mut index = Index::default();
        for n in 0..CLUSTERS {
            let cluster = PLAIN.cluster(n);
            let own = scene.endpoints.iter().filter(|endpoint| endpoint.cluster == cluster);
            index.update(HOST, &cluster, own.cloned().collect());
        }
        index.forget(&PLAIN.cluster(0));
        let left = index.of(HOST).map(|known| known.endpoints.to_vec()).unwrap_or_default();
        let expected = scene.endpoints.iter().filter(|e| e.cluster != PLAIN.cluster(0)).count();
        prop_assert_eq!(left.len(), expected);
        prop_assert!(left.iter().all(|endpoint| endpoint.cluster != PLAIN.cluster(0)));
    }

    #[test]
    fn what_a_cluster_does_not_export_is_hidden_and_adds_nothing(drawn in drawn(), hidden in 0..CLUSTERS) {
        prop_assume!(drawn.pods.iter().all(|pod| pod.address));
        let scene = drawn.named(PLAIN);
        let mut less = drawn.named(PLAIN);
        let cluster = PLAIN.cluster(hidden);
        for endpoint in less.endpoints.iter_mut().filter(|endpoint| endpoint.cluster == cluster) {
            endpoint.discoverability = Discoverability::SameCluster;
        }
        prop_assert!(less.used().is_subset(&scene.used()));
    }

    #[test]
    fn a_narrower_view_or_scope_never_adds_endpoints(drawn in drawn(), network in 1..NETWORKS) {
        let wide = drawn.named(PLAIN).used();
        let mut viewed = drawn.named(PLAIN);
        viewed.client.view = NetworkView::new([PLAIN.network(network)]);
        prop_assert!(viewed.used().is_subset(&wide));
        let local = Drawn { cluster_local: true, ..drawn };
        prop_assert!(local.named(PLAIN).used().is_subset(&wide));
    }

    #[test]
    fn names_play_no_part(drawn in drawn()) {
        let named = |names: Names| {
            let selection = drawn.named(names).select();
            let groups = selection.groups.into_iter().map(move |group| {
                let mut shown = format!("{} {:?} {}", group.priority, group.weight, group.locality);
                for host in &group.hosts {
                    shown += &format!(" [{} {} {} {:?}]", host.address, host.weight, host.mtls, host.reached);
                }
                shown
            });
            let lines: Vec<String> = groups.collect();
            (lines, selection.left_out, selection.ordered_by)
        };
        let (lines, left_out, ordered_by) = named(PLAIN);
        let (renamed, left_out_too, ordered_by_too) = named(Names("x-"));
        let back: Vec<String> = renamed.iter().map(|line| line.replace("x-", "")).collect();
        prop_assert_eq!(lines, back);
        prop_assert_eq!((left_out, ordered_by), (left_out_too, ordered_by_too));
    }

    #[test]
    fn shares_of_a_distribute_rule_add_up_to_a_hundred_but_for_rounding(
        weights in prop::collection::vec((0..2u8, 1..100u32), 1..8),
    ) {
        let regions: Vec<String> = weights.iter().map(|(region, _)| PLAIN.region(*region)).collect();
        let groups: Vec<distribute::Weighed<'_>> = regions
            .iter()
            .zip(&weights)
            .map(|(region, (_, weight))| distribute::Weighed {
                place: Place::of(region),
                weight: Some(*weight),
            })
            .collect();
        let shared = distribute::weights(Place::of("anywhere"), &groups, &[shares(PLAIN)]).value;
        let total: u32 = shared.iter().flatten().sum();
        let named = |n: u8| weights.iter().any(|(region, _)| *region == n);
        let expected = if named(0) { 70 } else { 0 } + if named(1) { 30 } else { 0 };
        // Every share is rounded up, so that no group rounds down to nothing.
        prop_assert!((expected..expected + weights.len() as u32).contains(&total), "{total}");
        prop_assert!(shared.iter().all(Option::is_some));
    }
}
