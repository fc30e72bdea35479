//! Which host answers: across networks, by weight, and after failures.

use std::{collections::BTreeMap, time::Duration};

use istio::network::split_horizon::ProxyKind;
use serde_json::{Value, json};
use sim::{net::Host, program::Serve, runtime};
use std::sync::Arc;
use world::{Hop, TlsSeen};

use crate::kit::{At, Lab, Pod, status, who};

/// A client in cluster1, a server beside it or none, and servers of cluster2 behind its gateway.
struct TwoNetworks {
    lab: Lab,
    sleep: Pod,
    local: Vec<Pod>,
    remote: Vec<Pod>,
    gateway: Pod,
    _public: Vec<Host<Arc<dyn Serve>>>,
}

fn exposure() -> Value {
    json!({
        "apiVersion": "networking.istio.io/v1", "kind": "Gateway",
        "metadata": {"name": "cross-network-gateway", "namespace": "istio-system"},
        "spec": {
            "selector": {"istio": "eastwestgateway"},
            "servers": [{
                "port": {"number": 15443, "name": "tls", "protocol": "TLS"},
                "tls": {"mode": "AUTO_PASSTHROUGH"}, "hosts": ["*.local"],
            }],
        },
    })
}

impl TwoNetworks {
    fn new(local: u8, remote: u8, objects: Vec<Value>) -> Self {
        let mut lab = Lab::new();
        lab.objects = objects;
        let authority = lab.authority.clone();
        let sleep = lab.pod(At(1, 1), Some((ProxyKind::Sidecar, &authority)));
        let local = (0..local).map(|n| lab.server(At(1, 10 + n))).collect();
        let remote = (0..remote).map(|n| lab.server(At(2, 10 + n))).collect();
        let (gateway, public) = lab.gateway(At(2, 1));
        let mut new = Self {
            lab,
            sleep,
            local,
            remote,
            gateway,
            _public: public,
        };
        new.push();
        new
    }

    fn push(&mut self) {
        let pods = [&mut self.sleep, &mut self.gateway].into_iter();
        let pods = pods.chain(&mut self.local).chain(&mut self.remote);
        self.lab.push(pods);
    }

    /// Who answered how often, over so many calls one after another.
    async fn counts(&self, calls: u32) -> BTreeMap<String, u32> {
        let mut counts = BTreeMap::new();
        for _ in 0..calls {
            let (reply, _) = self.lab.call(&self.sleep).await;
            *counts.entry(who(&reply)).or_default() += 1;
        }
        counts
    }
}

#[test]
fn another_network_is_reached_through_its_gateway_under_the_callers_own_identity() {
    runtime::run(async {
        let mesh = TwoNetworks::new(0, 1, vec![exposure()]);
        let (reply, seen) = mesh.lab.call(&mesh.sleep).await;
        assert_eq!(who(&reply), "pod2-10", "{seen:#?}");
        assert!(matches!(seen.tls, Some(TlsSeen::Mutual { .. })));
        let rules: Vec<_> = seen
            .hops
            .iter()
            .filter_map(|hop| hop.because.as_ref())
            .collect();
        for rule in [
            "split-horizon/gateway-weight",
            "routing/auto-passthrough-match",
        ] {
            assert!(
                rules.iter().any(|id| id.as_str() == rule),
                "{rule}: {seen:#?}"
            );
        }
    });
}

#[test]
fn a_gateway_that_exposes_nothing_lets_nothing_through() {
    runtime::run(async {
        let exposed_elsewhere = json!({
            "apiVersion": "networking.istio.io/v1", "kind": "Gateway",
            "metadata": {"name": "other", "namespace": "istio-system"},
            "spec": {
                "selector": {"istio": "eastwestgateway"},
                "servers": [{
                    "port": {"number": 15443, "name": "tls", "protocol": "TLS"},
                    "tls": {"mode": "AUTO_PASSTHROUGH"}, "hosts": ["*.elsewhere"],
                }],
            },
        });
        let mesh = TwoNetworks::new(0, 1, vec![exposed_elsewhere]);
        assert_eq!(status(&mesh.lab.call(&mesh.sleep).await.0), Some(503));
        let none = TwoNetworks::new(0, 1, Vec::new());
        assert_eq!(status(&none.lab.call(&none.sleep).await.0), Some(503));
    });
}

#[test]
fn what_a_try_in_vain_came_by_is_told_apart_from_the_way_of_the_answer() {
    runtime::run(async {
        // The gateway lets nothing through: whatever goes there is tried again at home.
        let mesh = TwoNetworks::new(1, 1, Vec::new());
        let mut tried_in_vain = 0;
        for _ in 0..20 {
            let (reply, seen) = mesh.lab.call(&mesh.sleep).await;
            assert_eq!(who(&reply), "pod1-10");
            let by_gateway = |hop: &&Hop| hop.decided.to_string().contains(":15443 is picked");
            let (vain, led): (Vec<_>, Vec<_>) = seen.hops.iter().partition(|hop| hop.in_vain);
            assert_eq!(led.into_iter().find(by_gateway), None);
            tried_in_vain += vain.iter().filter(|hop| by_gateway(hop)).count();
        }
        // Half of the calls, give or take four standard deviations.
        assert!((1..=19).contains(&tried_in_vain), "{tried_in_vain}");
    });
}

/// The first calibration: a real 1.30.3 gave 100 to 300 exactly, and all 300 to one pod.
#[test]
fn a_gateway_weighs_as_much_as_its_pods_and_one_connection_through_it_is_one_pod() {
    runtime::run(async {
        let mesh = TwoNetworks::new(1, 3, vec![exposure()]);
        let counts = mesh.counts(400).await;
        assert_eq!(counts.len(), 2, "{counts:?}");
        assert!(counts["pod1-10"].abs_diff(100) <= 1, "{counts:?}");
    });
}

/// The first calibration: with one request for each connection it gave 108, 96 and 96.
#[test]
fn with_one_request_for_each_connection_the_gateway_picks_among_all_its_pods() {
    runtime::run(async {
        let one_request = json!({
            "apiVersion": "networking.istio.io/v1", "kind": "DestinationRule",
            "metadata": {"name": "helloworld", "namespace": "sample"},
            "spec": {"host": "helloworld.sample.svc.cluster.local", "trafficPolicy": {
                "connectionPool": {"http": {"maxRequestsPerConnection": 1}},
            }},
        });
        let mesh = TwoNetworks::new(1, 3, vec![exposure(), one_request]);
        let counts = mesh.counts(400).await;
        for n in 10..13 {
            let count = counts[&format!("pod2-{n}")];
            // Four standard deviations of 300 picks among three.
            assert!((68..=132).contains(&count), "{counts:?}");
        }
    });
}

/// Two pods of equal weight are picked by chance: the counts lie within four standard deviations.
#[test]
fn equal_weights_are_picked_by_chance() {
    runtime::run(async {
        let mesh = TwoNetworks::new(1, 1, vec![exposure()]);
        let counts = mesh.counts(400).await;
        assert!((160..=240).contains(&counts["pod1-10"]), "{counts:?}");
        assert_ne!(counts["pod1-10"], 200, "chance would hardly be so even");
    });
}

#[test]
fn a_host_that_a_push_brings_is_picked_from_then_on_and_one_that_it_takes_is_not() {
    runtime::run(async {
        let mut mesh = TwoNetworks::new(1, 0, vec![]);
        let only = |name: &str| BTreeMap::from([(name.to_owned(), 20)]);
        assert_eq!(mesh.counts(20).await, only("pod1-10"));
        let second = mesh.lab.server(At(1, 11));
        mesh.local.push(second);
        mesh.push();
        let counts = mesh.counts(100).await;
        assert_eq!(counts["pod1-10"] + counts["pod1-11"], 100, "{counts:?}");
        mesh.lab.endpoints.remove(0);
        mesh.push();
        assert_eq!(mesh.counts(20).await, only("pod1-11"));
    });
}

#[test]
fn hosts_that_fail_are_ejected_and_the_next_locality_takes_over() {
    runtime::run(async {
        let outliers = json!({
            "apiVersion": "networking.istio.io/v1", "kind": "DestinationRule",
            "metadata": {"name": "helloworld", "namespace": "sample"},
            "spec": {"host": "helloworld.sample.svc.cluster.local", "trafficPolicy": {
                "loadBalancer": {"localityLbSetting": {
                    "failover": [{"from": "region1", "to": "region2"}],
                }},
                "outlierDetection": {
                    "consecutive5xxErrors": 3, "interval": "1s", "baseEjectionTime": "60s",
                    "maxEjectionPercent": 100,
                },
            }},
        });
        let mut mesh = TwoNetworks::new(1, 1, vec![exposure(), outliers]);
        assert_eq!(
            mesh.counts(20).await,
            BTreeMap::from([("pod1-10".to_owned(), 20)])
        );
        // The application is gone and its proxy answers 503: nobody retries that.
        mesh.local[0].app = None;
        for _ in 0..3 {
            assert_eq!(status(&mesh.lab.call(&mesh.sleep).await.0), Some(503));
        }
        assert_eq!(
            mesh.counts(20).await,
            BTreeMap::from([("pod2-10".to_owned(), 20)])
        );
        tokio::time::sleep(Duration::from_secs(61)).await;
        assert_eq!(status(&mesh.lab.call(&mesh.sleep).await.0), Some(503));
    });
}

/// One gateway stands for four pods in two zones. Envoy keeps an address once, in the first of them:
/// the gateway gets that zone's quarter beside the half at home, where the number of pods would give
/// it four fifths.
#[test]
fn a_gateway_for_two_zones_weighs_what_the_locality_rule_gives_them() {
    runtime::run(async {
        let quarters = json!({
            "apiVersion": "networking.istio.io/v1", "kind": "DestinationRule",
            "metadata": {"name": "helloworld", "namespace": "sample"},
            "spec": {"host": "helloworld.sample.svc.cluster.local", "trafficPolicy": {
                "loadBalancer": {"localityLbSetting": {"distribute": [{
                    "from": "region1/*",
                    "to": {"region1/*": 50, "region2/zone1/*": 25, "region2/zone2/*": 25},
                }]}},
            }},
        });
        let mut mesh = TwoNetworks::new(1, 4, vec![exposure(), quarters]);
        mesh.lab.endpoints[1].locality = "region2/zone2".into();
        mesh.push();
        let counts = mesh.counts(400).await;
        // Four standard deviations of 400 picks of two in three.
        assert!((229..=304).contains(&counts["pod1-10"]), "{counts:?}");
    });
}

/// Of five hosts whose applications are gone but one: how many of 200 calls are answered.
async fn answered_of_200(outlier_detection: Value) -> u32 {
    let rule = json!({
        "apiVersion": "networking.istio.io/v1", "kind": "DestinationRule",
        "metadata": {"name": "helloworld", "namespace": "sample"},
        "spec": {"host": "helloworld.sample.svc.cluster.local", "trafficPolicy": {
            "outlierDetection": outlier_detection,
        }},
    });
    let mut mesh = TwoNetworks::new(5, 0, vec![rule]);
    for pod in &mut mesh.local[1..] {
        pod.app = None;
    }
    let mut answered = 0;
    for _ in 0..200 {
        let (reply, _) = mesh.lab.call(&mesh.sleep).await;
        answered += u32::from(status(&reply) == Some(200));
    }
    answered
}

/// Envoy ejects one host whatever the share says, and of five a tenth is none more: three that fail
/// stay beside the one that answers. Where all may be ejected, it is left alone.
#[test]
fn five_hosts_are_never_all_ejected_unless_the_rule_says_so() {
    runtime::run(async {
        let once = |share: Option<u32>| {
            json!({"consecutive5xxErrors": 1, "interval": "1s", "baseEjectionTime": "600s",
                "maxEjectionPercent": share})
        };
        let few = answered_of_200(once(None)).await;
        let all = answered_of_200(once(Some(100))).await;
        // Four standard deviations of 200 picks of one in four.
        assert!((26..=74).contains(&few), "{few} of 200");
        assert!(all >= 190, "{all} of 200");
    });
}
