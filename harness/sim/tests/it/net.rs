//! The network: refused differs from timed out, and partitions end as TCP lets them end.

use std::{
    net::{Ipv4Addr, SocketAddrV4},
    sync::Arc,
    time::Duration,
};

use proptest::prelude::*;
use sim::{
    net::{
        Broken, ConnectError, Flow, Host, Listener, Net, Origin, Part, Place, Scope, ServiceProxy,
        Translation,
    },
    random::Seed,
    runtime,
};
use tokio::time::{Instant, sleep};
use world::{ClusterName, Direction, NetworkName, NodeName, SubstrateFault, fault::End};

type TestNet = Net<&'static str>;

const SERVER: Ipv4Addr = Ipv4Addr::new(10, 10, 0, 2);
const ABSENT: Ipv4Addr = Ipv4Addr::new(10, 10, 0, 9);
const BALANCER: Ipv4Addr = Ipv4Addr::new(172, 18, 0, 20);

fn place(cluster: &str) -> Place {
    Place::Cluster {
        cluster: ClusterName::new(cluster).unwrap(),
        network: network(cluster),
        part: Part::Node(NodeName::new("node1").unwrap()),
    }
}

fn network(cluster: &str) -> NetworkName {
    NetworkName::new(cluster.replace("cluster", "network")).unwrap()
}

fn client(cluster: &str) -> Origin {
    Origin {
        place: place(cluster).into(),
        address: Ipv4Addr::new(10, 10, 0, 1),
    }
}

fn to(address: Ipv4Addr, port: u16) -> SocketAddrV4 {
    SocketAddrV4::new(address, port)
}

/// A server on port 80 in `cluster`, whose address exists in that cluster's network only.
fn server(
    net: &TestNet,
    cluster: &str,
    name: &'static str,
) -> (Listener<&'static str>, Host<&'static str>) {
    let scope = Scope::Network(network(cluster));
    let host = net.attach(place(cluster), scope, SERVER).unwrap();
    (host.listen(80, name).unwrap(), host)
}

fn partition(direction: Direction) -> SubstrateFault {
    SubstrateFault::Partition {
        from: End::Cluster(ClusterName::new("cluster1").unwrap()),
        to: End::Cluster(ClusterName::new("cluster2").unwrap()),
        direction,
    }
}

fn fresh() -> TestNet {
    Net::new(Seed(1), Vec::new())
}

/// A server in cluster2 that everybody reaches, for partitions between clusters.
fn wan_server(net: &TestNet) -> (Listener<&'static str>, Host<&'static str>) {
    let host = net
        .attach(place("cluster2"), Scope::Everywhere, BALANCER)
        .unwrap();
    (host.listen(80, "wan").unwrap(), host)
}

#[test]
fn a_closed_port_refuses_at_once_and_an_absent_address_times_out() {
    runtime::run(async {
        let net = fresh();
        let _server = server(&net, "cluster1", "a");
        let from = client("cluster1");
        let start = Instant::now();
        let refused = net.connect(&from, to(SERVER, 81)).await.err();
        assert_eq!(refused, Some(ConnectError::Refused));
        assert_eq!(start.elapsed(), Duration::from_millis(2), "one round trip");
        let start = Instant::now();
        let silent = net.connect(&from, to(ABSENT, 80)).await.err();
        assert_eq!(silent, Some(ConnectError::TimedOut));
        assert_eq!(start.elapsed(), Duration::from_secs(127));
    });
}

#[test]
fn an_address_of_another_network_times_out() {
    runtime::run(async {
        let net = fresh();
        let _server = server(&net, "cluster1", "a");
        let silent = net.connect(&client("cluster2"), to(SERVER, 80)).await.err();
        assert_eq!(silent, Some(ConnectError::TimedOut));
    });
}

#[test]
fn equal_addresses_in_two_networks_are_two_servers() {
    runtime::run(async {
        let net = fresh();
        let _one = server(&net, "cluster1", "one");
        let _two = server(&net, "cluster2", "two");
        for (cluster, name) in [("cluster1", "one"), ("cluster2", "two")] {
            let conn = net.connect(&client(cluster), to(SERVER, 80)).await.unwrap();
            assert_eq!(*conn.server(), name);
        }
    });
}

#[test]
fn an_address_is_given_to_one_host_at_a_time() {
    runtime::run(async {
        let net = fresh();
        let (listener, host) = server(&net, "cluster1", "a");
        let scope = Scope::Network(network("cluster1"));
        let again = net.attach(place("cluster1"), scope.clone(), SERVER);
        assert_eq!(again.err().unwrap().by, "cluster1/node1");
        drop((listener, host));
        assert!(net.attach(place("cluster1"), scope, SERVER).is_ok());
    });
}

#[test]
fn a_request_in_flight_survives_a_partition_that_heals() {
    runtime::run(async {
        let net = fresh();
        let _server = wan_server(&net);
        let conn = net
            .connect(&client("cluster1"), to(BALANCER, 80))
            .await
            .unwrap();
        let fault = net.inject(partition(Direction::Both));
        let healing = async {
            sleep(Duration::from_secs(5)).await;
            net.heal(fault);
        };
        let start = Instant::now();
        let (answer, ()) = tokio::join!(conn.exchange(async { "hello" }), healing);
        assert_eq!(answer, Ok("hello"));
        let took = start.elapsed();
        // Sent at 0, 0.2, 0.6, 1.4, 3.0, 6.3 s: the sixth packet is the first after healing.
        assert!((6.0..6.6).contains(&took.as_secs_f64()), "{took:?}");
    });
}

#[test]
fn a_request_into_a_partition_that_stays_times_out_after_a_quarter_of_an_hour() {
    runtime::run(async {
        let net = fresh();
        let _server = wan_server(&net);
        let conn = net
            .connect(&client("cluster1"), to(BALANCER, 80))
            .await
            .unwrap();
        net.inject(partition(Direction::Both));
        let start = Instant::now();
        assert_eq!(conn.exchange(async {}).await, Err(Broken::TimedOut));
        assert!((900..1000).contains(&start.elapsed().as_secs()));
    });
}

#[test]
fn a_one_way_partition_stops_new_connections_from_both_sides() {
    runtime::run(async {
        let net = fresh();
        let _server = wan_server(&net);
        net.inject(partition(Direction::Forth));
        let silent = net
            .connect(&client("cluster1"), to(BALANCER, 80))
            .await
            .err();
        assert_eq!(silent, Some(ConnectError::TimedOut));
        assert!(
            net.connect(&client("cluster3"), to(BALANCER, 80))
                .await
                .is_ok()
        );
    });
}

#[test]
fn a_server_that_ends_resets_the_request_it_was_working_on() {
    runtime::run(async {
        let net = fresh();
        let (listener, _host) = server(&net, "cluster1", "a");
        let conn = net
            .connect(&client("cluster1"), to(SERVER, 80))
            .await
            .unwrap();
        let ending = async {
            sleep(Duration::from_secs(1)).await;
            drop(listener);
        };
        let slow = sleep(Duration::from_secs(10));
        let (answer, ()) = tokio::join!(conn.exchange(slow), ending);
        assert_eq!(answer, Err(Broken::Reset));
        assert!(!conn.is_open());
        assert_eq!(conn.exchange(async {}).await, Err(Broken::Reset));
    });
}

#[test]
fn an_address_that_vanished_is_silent_to_its_old_connections() {
    runtime::run(async {
        let net = fresh();
        let (_listener, host) = server(&net, "cluster1", "a");
        let conn = net
            .connect(&client("cluster1"), to(SERVER, 80))
            .await
            .unwrap();
        drop(host);
        assert_eq!(conn.exchange(async {}).await, Err(Broken::TimedOut));
    });
}

/// A process that is killed closes its connections before its pod's address goes away.
#[test]
fn a_port_that_closed_before_its_address_vanished_was_heard() {
    runtime::run(async {
        let net = fresh();
        let (listener, host) = server(&net, "cluster1", "a");
        let conn = net
            .connect(&client("cluster1"), to(SERVER, 80))
            .await
            .unwrap();
        drop(listener);
        drop(host);
        assert_eq!(conn.exchange(async {}).await, Err(Broken::Reset));
    });
}

#[test]
fn a_paused_cluster_accepts_connections_and_answers_when_it_runs_again() {
    runtime::run(async {
        let net = fresh();
        let _server = wan_server(&net);
        let fault = net.inject(SubstrateFault::PauseCluster(
            ClusterName::new("cluster2").unwrap(),
        ));
        let conn = net
            .connect(&client("cluster1"), to(BALANCER, 80))
            .await
            .unwrap();
        let healing = async {
            sleep(Duration::from_secs(60)).await;
            net.heal(fault);
        };
        let start = Instant::now();
        let (answer, ()) = tokio::join!(conn.exchange(async { 7 }), healing);
        assert_eq!(answer, Ok(7));
        assert_eq!(start.elapsed(), Duration::from_millis(60_001));
    });
}

#[test]
fn a_stopped_cluster_times_out_and_does_not_refuse() {
    runtime::run(async {
        let net = fresh();
        let _server = wan_server(&net);
        net.inject(SubstrateFault::StopCluster(
            ClusterName::new("cluster2").unwrap(),
        ));
        for port in [80, 81] {
            let error = net
                .connect(&client("cluster1"), to(BALANCER, port))
                .await
                .err();
            assert_eq!(error, Some(ConnectError::TimedOut));
        }
    });
}

struct Rejecting;

impl ServiceProxy for Rejecting {
    fn translate(&self, to: SocketAddrV4, _: &Flow) -> Translation {
        match to.port() {
            80 => Translation::Endpoint(SocketAddrV4::new(SERVER, 80)),
            81 => Translation::Rejected,
            82 => Translation::Dropped,
            _ => Translation::NotAService,
        }
    }
}

#[test]
fn a_load_balancer_is_translated_by_the_nodes_of_its_own_cluster() {
    runtime::run(async {
        let net = fresh();
        let _pod = server(&net, "cluster2", "pod of cluster2");
        let _decoy = server(&net, "cluster1", "pod of cluster1");
        let _address = net
            .attach(place("cluster2"), Scope::Everywhere, BALANCER)
            .unwrap();
        net.set_service_proxy(ClusterName::new("cluster2").unwrap(), Arc::new(Rejecting));
        let from = client("cluster1");
        let conn = net.connect(&from, to(BALANCER, 80)).await.unwrap();
        assert_eq!(*conn.server(), "pod of cluster2");
        for (port, error) in [
            (81, ConnectError::Refused),
            (82, ConnectError::TimedOut),
            (83, ConnectError::Refused),
        ] {
            assert_eq!(
                net.connect(&from, to(BALANCER, port)).await.err(),
                Some(error)
            );
        }
    });
}

fn clusters() -> impl Strategy<Value = End> {
    prop_oneof![Just("cluster1"), Just("cluster2"), Just("cluster3")]
        .prop_map(|name| End::Cluster(ClusterName::new(name).unwrap()))
}

fn partitions() -> impl Strategy<Value = SubstrateFault> {
    (clusters(), clusters(), any::<bool>()).prop_map(|(from, to, both)| SubstrateFault::Partition {
        from,
        to,
        direction: if both {
            Direction::Both
        } else {
            Direction::Forth
        },
    })
}

proptest! {
    #[test]
    fn healing_every_partition_restores_every_path(faults in prop::collection::vec(partitions(), 0..8)) {
        runtime::run(async {
            let net = fresh();
            let _server = wan_server(&net);
            let before = net.path(&place("cluster1"), &place("cluster2"));
            let numbers: Vec<_> = faults.into_iter().map(|fault| net.inject(fault)).collect();
            for number in numbers.into_iter().rev() {
                net.heal(number);
            }
            assert_eq!(net.path(&place("cluster1"), &place("cluster2")), before);
            assert!(net.connect(&client("cluster1"), to(BALANCER, 80)).await.is_ok());
        });
    }

    #[test]
    fn a_partition_never_looks_like_a_refusal(fault in partitions(), port in 80_u16..82) {
        runtime::run(async {
            let net = fresh();
            let _server = wan_server(&net);
            let without = net.connect(&client("cluster1"), to(BALANCER, port)).await.err();
            net.inject(fault);
            let with = net.connect(&client("cluster1"), to(BALANCER, port)).await.err();
            assert!(with == without || with == Some(ConnectError::TimedOut));
        });
    }

    #[test]
    fn an_exchange_is_neither_lost_nor_reset_by_a_partition_that_heals(
        fault in partitions(),
        starts in 0_u64..3,
        lasts in 1_u64..300,
    ) {
        runtime::run(async {
            let net = fresh();
            let _server = wan_server(&net);
            let conn = net.connect(&client("cluster1"), to(BALANCER, 80)).await.unwrap();
            let trouble = async {
                sleep(Duration::from_secs(starts)).await;
                let number = net.inject(fault);
                sleep(Duration::from_secs(lasts)).await;
                net.heal(number);
            };
            let work = sleep(Duration::from_secs(1));
            let (answer, ()) = tokio::join!(conn.exchange(work), trouble);
            assert_eq!(answer, Ok(()));
        });
    }

    #[test]
    fn equal_seeds_lose_equal_packets(seed in any::<u64>(), ppm in 0_u32..900_000) {
        let took = || runtime::run(async {
            let net: TestNet = Net::new(Seed(seed), Vec::new());
            let _server = wan_server(&net);
            net.inject(SubstrateFault::Loss {
                from: End::Cluster(ClusterName::new("cluster1").unwrap()),
                to: End::Cluster(ClusterName::new("cluster2").unwrap()),
                ppm,
            });
            let start = Instant::now();
            let conn = net.connect(&client("cluster1"), to(BALANCER, 80)).await;
            if let Ok(conn) = conn {
                let _ = conn.exchange(async {}).await;
            }
            start.elapsed()
        });
        assert_eq!(took(), took());
    }
}
