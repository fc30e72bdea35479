//! Whatever object an API server takes, nothing in the simulator panics over it: objects of every kind
//! that is read, with fields removed, emptied or replaced at random.

use std::{
    cell::Cell,
    panic::{set_hook, take_hook},
    sync::Once,
    time::Duration,
};

use proptest::{collection::vec, prelude::*};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::by_hand::{ByHand, CLUSTERS, substrate};

thread_local! {
    /// Whether anything in this thread has panicked: tasks of the simulator keep it to themselves.
    static PANICKED: Cell<bool> = const { Cell::new(false) };
}

/// Lets panics in this thread be seen, besides what is done about them anyway.
fn watch_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = take_hook();
        set_hook(Box::new(move |info| {
            PANICKED.set(true);
            usual(info);
        }));
    });
    PANICKED.set(false);
}

/// One sound object of every kind that controllers, istiod or proxies read.
fn seeds() -> Vec<Value> {
    let meta = |name: &str| json!({"name": name, "namespace": "sample", "labels": {"app": "odd", "istio": "ingressgateway"}});
    let istio = |group: &str, kind: &str, spec: Value| json!({"apiVersion": format!("{group}/v1"), "kind": kind, "metadata": meta("odd"), "spec": spec});
    let networking = |kind: &str, spec: Value| istio("networking.istio.io", kind, spec);
    let security = |kind: &str, spec: Value| istio("security.istio.io", kind, spec);
    let pod = json!({
        "metadata": {"labels": {"app": "odd"}, "annotations": {"proxy.istio.io/config": "{\"holdApplicationUntilProxyStarts\": true}"}},
        "spec": {"serviceAccountName": "default", "containers": [{"name": "odd", "image": "helloworld", "ports": [{"containerPort": 5000, "name": "http"}],
            "readinessProbe": {"httpGet": {"path": "/hello", "port": 5000}}}]},
    });
    vec![
        json!({"apiVersion": "v1", "kind": "Service", "metadata": meta("odd"), "spec": {"selector": {"app": "odd"}, "clusterIP": "None",
            "ports": [{"name": "http", "port": 5000, "targetPort": "http", "appProtocol": "http2"}]}}),
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "odd", "labels": {"istio-injection": "enabled", "topology.istio.io/network": "network2"}}}),
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "odd", "namespace": "istio-system", "labels": {"istio/multiCluster": "true"}},
            "stringData": {"cluster9": "{\"clusters\": [{\"name\": \"a\", \"cluster\": {\"server\": \"https://10.0.0.1:6443\"}}], \"users\": [], \"contexts\": []}"}}),
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "istio", "namespace": "istio-system"}, "data": {"mesh": "trustDomain: odd.example", "meshNetworks": "networks: {}"}}),
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": meta("odd"), "spec": pod["spec"]}),
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta("odd"), "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "odd"}}, "template": pod}}),
        json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": meta("odd"), "spec": {"replicas": 1, "serviceName": "odd", "selector": {"matchLabels": {"app": "odd"}}, "template": pod}}),
        json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": {"name": "odd", "namespace": "sample", "labels": {"kubernetes.io/service-name": "odd"}},
            "addressType": "IPv4", "ports": [{"name": "http", "port": 5000}], "endpoints": [{"addresses": ["10.9.9.9"], "conditions": {"ready": true}, "targetRef": {"kind": "Pod", "name": "odd"}}]}),
        networking(
            "DestinationRule",
            json!({"host": "helloworld", "subsets": [{"name": "v1", "labels": {"version": "v1"}}], "exportTo": ["*"],
            "trafficPolicy": {"loadBalancer": {"simple": "ROUND_ROBIN", "localityLbSetting": {"failover": [{"from": "a", "to": "b"}], "distribute": [{"from": "a/*", "to": {"b/*": 100}}]}},
                "outlierDetection": {"consecutive5xxErrors": 5, "interval": "1s", "baseEjectionTime": "1m"}, "connectionPool": {"http": {"maxRequestsPerConnection": 1}}, "tls": {"mode": "ISTIO_MUTUAL"}}}),
        ),
        networking(
            "VirtualService",
            json!({"hosts": ["helloworld"], "gateways": ["mesh"], "http": [{"match": [{"uri": {"prefix": "/"}, "headers": {"a": {"regex": "b.*"}}}],
            "route": [{"destination": {"host": "helloworld", "subset": "v1", "port": {"number": 5000}}, "weight": 100}], "retries": {"attempts": 2, "perTryTimeout": "1s"}, "timeout": "5s"}]}),
        ),
        networking(
            "Gateway",
            json!({"selector": {"istio": "ingressgateway"}, "servers": [{"hosts": ["*"], "port": {"number": 80, "name": "http", "protocol": "HTTP"}}]}),
        ),
        networking(
            "ServiceEntry",
            json!({"hosts": ["odd.example"], "addresses": ["240.9.9.9"], "location": "MESH_INTERNAL", "resolution": "STATIC", "ports": [{"number": 80, "name": "http", "protocol": "HTTP"}],
            "endpoints": [{"address": "10.1.1.1", "ports": {"http": 8080}, "weight": 3, "locality": "a/b/c", "network": "network2"}]}),
        ),
        networking(
            "WorkloadEntry",
            json!({"address": "10.1.1.2", "labels": {"app": "odd"}, "ports": {"http": 80}, "weight": 2, "network": "network1", "serviceAccount": "odd"}),
        ),
        networking(
            "WorkloadGroup",
            json!({"metadata": {"labels": {"app": "odd"}}, "template": {"serviceAccount": "odd", "network": "network1"}, "probe": {"httpGet": {"port": 80}, "periodSeconds": 1}}),
        ),
        networking(
            "Sidecar",
            json!({"egress": [{"hosts": ["./*", "istio-system/*"]}], "outboundTrafficPolicy": {"mode": "REGISTRY_ONLY"}}),
        ),
        security(
            "PeerAuthentication",
            json!({"selector": {"matchLabels": {"app": "odd"}}, "mtls": {"mode": "STRICT"}, "portLevelMtls": {"5000": {"mode": "DISABLE"}}}),
        ),
        security(
            "AuthorizationPolicy",
            json!({"action": "DENY", "rules": [{"from": [{"source": {"principals": ["cluster.local/ns/sample/sa/*"], "ipBlocks": ["10.0.0.0/8"]}}],
            "to": [{"operation": {"methods": ["GET"], "paths": ["/a*"], "ports": ["5000"]}}], "when": [{"key": "request.headers[a]", "values": ["b"]}]}]}),
        ),
    ]
}

/// An object and what is done to it: which field, by a number, and what becomes of it.
#[derive(Debug, Clone)]
struct Odd {
    seed: usize,
    field: u16,
    becomes: Option<Value>,
}

fn odd() -> impl Strategy<Value = Odd> {
    let values = prop_oneof![
        Just(None),
        prop::sample::select(vec![
            json!(null),
            json!(""),
            json!("*"),
            json!("-"),
            json!("..svc.cluster.local"),
            json!("ä\u{0}\u{202e}"),
            json!("a".repeat(300)),
            json!("99999999999999999999s"),
            json!("1.2.3.4/99"),
            json!("1e300"),
            json!("2026-02-30T00:00:00Z"),
            json!("aGVs\nbG8="),
            json!(-1),
            json!(0),
            json!(65_536),
            json!(1_i64 << 31),
            json!(i64::MAX),
            json!(0.5),
            json!(true),
            json!([]),
            json!([null]),
            json!({}),
            json!({"": ""}),
        ])
        .prop_map(Some),
    ];
    (0..seeds().len(), any::<u16>(), values).prop_map(|(seed, field, becomes)| Odd {
        seed,
        field,
        becomes,
    })
}

impl Odd {
    fn object(&self, number: usize) -> Value {
        let mut object = seeds().swap_remove(self.seed);
        let fields = pointers(&object);
        if let Some(pointer) = fields.get(usize::from(self.field) % fields.len().max(1)) {
            put(&mut object, pointer, self.becomes.clone());
        }
        // The mesh's own configuration keeps its name; others may meet under names of their own.
        if object["kind"] != "ConfigMap" {
            object["metadata"]["name"] = json!(format!("odd{number}"));
        }
        object
    }
}

/// Where fields may be altered: everywhere but in what says which object it is.
fn pointers(object: &Value) -> Vec<String> {
    let mut found = Vec::new();
    collect(object, "", &mut found);
    found.retain(|pointer| {
        !matches!(
            pointer.as_str(),
            "/apiVersion" | "/kind" | "/metadata" | "/metadata/name" | "/metadata/namespace"
        )
    });
    found
}

fn collect(value: &Value, at: &str, found: &mut Vec<String>) {
    let mut below = |key: String, value: &Value| {
        let pointer = format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
        collect(value, &pointer, found);
        found.push(pointer);
    };
    match value {
        Value::Object(fields) => fields
            .iter()
            .for_each(|(key, value)| below(key.clone(), value)),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .for_each(|(i, value)| below(i.to_string(), value)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn put(object: &mut Value, pointer: &str, value: Option<Value>) {
    let Some(value) = value else {
        let (parent, key) = pointer.rsplit_once('/').expect("a pointer has a key");
        if let Some(Value::Object(fields)) = object.pointer_mut(parent) {
            fields.remove(&key.replace("~1", "/").replace("~0", "~"));
        }
        return;
    };
    *object
        .pointer_mut(pointer)
        .expect("a collected pointer leads somewhere") = value;
}

/// Applies objects to both clusters of T4, lets everything take notice, and calls; returns how many
/// objects were accepted.
fn accepted(objects: &[Value]) -> usize {
    sim::runtime::run(async {
        let hands = ByHand::installed(&substrate(), true).await;
        let mut accepted = 0;
        for object in objects {
            for n in CLUSTERS {
                accepted += usize::from(hands.is_accepted(n, object).await);
            }
        }
        sleep(Duration::from_secs(20)).await;
        for n in CLUSTERS {
            // Whether and how it is answered is not the question here.
            hands.ask(n, 4).await;
        }
        accepted
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20, failure_persistence: None, max_shrink_iters: 64, ..ProptestConfig::default() })]

    #[test]
    fn no_object_that_is_accepted_panics_anything(odd in vec(odd(), 24)) {
        watch_panics();
        let objects: Vec<Value> = odd.iter().enumerate().map(|(number, odd)| odd.object(number)).collect();
        prop_assert!(accepted(&objects) > 0, "every object was refused");
        prop_assert!(!PANICKED.get(), "something panicked over one of {}", json!(objects));
    }
}
