//! Two clusters whose administrators hold no topology: they apply plain YAML of T4, object by object.

#![expect(clippy::unwrap_used, reason = "a kit's failure is the test's failure")]

use std::{collections::BTreeMap, fs, path::PathBuf, time::Duration};

use engine::{Apply, Batch, BringUp, Deadline, Engine, Environment, Kinds, ObjectRef, State, wait};
use k8s_openapi::ByteString;
use mesh::engine::SimMesh;
use pki::{Authority, Seed, Subject, Validity};
use serde_json::{Value, json};
use world::{
    Call, Client, Cluster, ClusterName, Connection, Locality, NamespaceName, Network, NetworkName,
    Node, NodeName, Observation, Protocol, Substrate, Target, WorkloadName,
};

pub(crate) const CLUSTERS: [u8; 2] = [1, 2];

pub(crate) fn cluster(n: u8) -> ClusterName {
    ClusterName::new(format!("cluster{n}")).unwrap()
}

/// Two clusters on two networks, and nothing said of any mesh.
pub(crate) fn substrate() -> Substrate {
    let network = |n: u8| NetworkName::new(format!("network{n}")).unwrap();
    let of = |n: u8| Cluster {
        network: network(n),
        nodes: vec![Node {
            name: NodeName::new("node1").unwrap(),
            locality: Locality::default(),
        }],
        pods: format!("10.{n}0.0.0/16").parse().unwrap(),
        services: format!("10.{n}1.0.0/16").parse().unwrap(),
        load_balancers: format!("10.200.{n}.0/24").parse().unwrap(),
        kubernetes: None,
    };
    let nodes = |n: u8| Network {
        nodes: format!("172.18.{n}.0/24").parse().unwrap(),
    };
    Substrate {
        networks: CLUSTERS.map(|n| (network(n), nodes(n))).into(),
        clusters: CLUSTERS.map(|n| (cluster(n), of(n))).into(),
        vms: BTreeMap::new(),
        links: Vec::new(),
    }
}

/// The objects of one golden file, without what only a living cluster knows.
fn golden(n: u8, file: &str) -> Vec<Value> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../fixtures/golden/multi-network-multi-primary")
        .join(format!("cluster{n}"));
    let text = fs::read_to_string(folder.join(file)).unwrap();
    let documents = serde_yaml::Deserializer::from_str(&text);
    let all = documents.map(|one| serde::Deserialize::deserialize(one).unwrap());
    all.filter(|object: &Value| !object.is_null()).collect()
}

/// The definitions that the golden files leave out, with schemas that take anything.
fn definitions() -> Vec<Value> {
    let definition = |(group, kind, plural): (&str, &str, &str)| {
        let schema = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
        json!({
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": format!("{plural}.{group}")},
            "spec": {
                "group": group, "scope": "Namespaced",
                "names": {"kind": kind, "plural": plural, "singular": kind.to_lowercase(), "listKind": format!("{kind}List")},
                "versions": [{
                    "name": "v1", "served": true, "storage": true,
                    "schema": {"openAPIV3Schema": schema},
                }],
            },
        })
    };
    let (networking, security) = ("networking.istio.io", "security.istio.io");
    [
        (networking, "DestinationRule", "destinationrules"),
        (networking, "Gateway", "gateways"),
        (networking, "ServiceEntry", "serviceentries"),
        (networking, "Sidecar", "sidecars"),
        (networking, "VirtualService", "virtualservices"),
        (networking, "WorkloadEntry", "workloadentries"),
        (networking, "WorkloadGroup", "workloadgroups"),
        (security, "AuthorizationPolicy", "authorizationpolicies"),
        (security, "PeerAuthentication", "peerauthentications"),
    ]
    .map(definition)
    .into()
}

fn soon() -> Deadline {
    Deadline::after(Duration::from_secs(120))
}

/// Clusters with administrators who only apply files.
pub(crate) struct ByHand(pub(crate) Box<dyn Environment>);

impl ByHand {
    /// T4 from its files; `remote_secrets` lets the two control planes read each other's cluster.
    pub(crate) async fn installed(substrate: &Substrate, remote_secrets: bool) -> Self {
        let hands = Self::up(substrate).await;
        for n in CLUSTERS {
            hands.install(n).await;
        }
        if remote_secrets {
            hands.remote_secret(1, 2).await;
            hands.remote_secret(2, 1).await;
        }
        for n in CLUSTERS {
            hands.workloads(n).await;
        }
        // What was applied gets around: reading, collecting and pushing take less than this.
        tokio::time::sleep(Duration::from_secs(5)).await;
        hands
    }

    async fn up(substrate: &Substrate) -> Self {
        let options = BringUp {
            run: "by-hand".to_owned(),
            seed: 1,
            deadline: soon(),
        };
        Self(SimMesh.bring_up(substrate, options).await.unwrap())
    }

    fn kinds(&self, n: u8) -> Kinds {
        Kinds::new(format!("cluster{n}"), self.0.client(&cluster(n)).unwrap())
    }

    async fn apply(&self, n: u8, objects: &[Value]) {
        let apply = Apply::new(self.kinds(n), "somebody").force();
        apply.all(objects, soon()).await.unwrap();
    }

    /// Applies an object that the API server may refuse.
    pub(crate) async fn is_accepted(&self, n: u8, object: &Value) -> bool {
        let apply = Apply::new(self.kinds(n), "somebody").force();
        apply.one(object).await.is_ok()
    }

    async fn file(&self, n: u8, name: &str) {
        self.apply(n, &golden(n, name)).await;
    }

    async fn ready(&self, n: u8, namespace: &str, name: &str) {
        let object = ObjectRef::namespaced("apps/v1", "Deployment", namespace, name);
        wait::ready(&self.kinds(n), [object], soon()).await.unwrap();
    }

    /// A cluster's intermediate below the one root.
    async fn cacerts(&self, n: u8) {
        let now = Validity::of_authority("2026-01-01T00:00:00Z".parse().unwrap());
        let root = Authority::root(&Seed::new(1), &Subject::root(), now).unwrap();
        let name = format!("cluster{n}");
        let seed = Seed::new(1).of(&name);
        let own = root
            .intermediate(&seed, &Subject::intermediate(&name), now)
            .unwrap();
        let files = own.cacerts();
        let data: BTreeMap<&str, &str> = files.files().into_iter().collect();
        let secret = json!({
            "apiVersion": "v1", "kind": "Secret", "stringData": data,
            "metadata": {"name": "cacerts", "namespace": "istio-system"},
        });
        self.apply(n, &[secret]).await;
    }

    async fn token(&self, n: u8) -> String {
        let name = "istio-reader-service-account-istio-remote-secret-token";
        let object = ObjectRef::namespaced("v1", "Secret", "istio-system", name);
        let filled = engine::Condition::on("filled", |secret| {
            match secret.data.pointer("/data/token") {
                Some(_) => State::Met,
                None => State::Unmet("it has no token yet".to_owned()),
            }
        });
        let found = wait::until(&self.kinds(n), &object, &filled, soon())
            .await
            .unwrap();
        let data = found.unwrap().data["data"]["token"].clone();
        let token: ByteString = serde_json::from_value(data).unwrap();
        String::from_utf8(token.0).unwrap()
    }

    /// Lets istiod in one cluster read the other.
    async fn remote_secret(&self, stored_in: u8, of: u8) {
        use base64::{Engine as _, engine::general_purpose::STANDARD};
        let name = format!("cluster{of}");
        let server = self.0.api_endpoint(&cluster(of)).unwrap();
        let kubeconfig = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": &name,
            "clusters": [{"name": &name, "cluster": {
                "server": server.url, "certificate-authority-data": STANDARD.encode(server.ca_pem),
            }}],
            "contexts": [{"name": &name, "context": {"cluster": &name, "user": &name}}],
            "users": [{"name": &name, "user": {"token": self.token(of).await}}],
        });
        let mut data = BTreeMap::new();
        data.insert(name.clone(), kubeconfig.to_string());
        let secret = json!({
            "apiVersion": "v1", "kind": "Secret", "stringData": data,
            "metadata": {
                "name": format!("istio-remote-secret-{name}"), "namespace": "istio-system",
                "labels": {"istio/multiCluster": "true"},
                "annotations": {"networking.istio.io/cluster": &name},
            },
        });
        self.apply(stored_in, &[secret]).await;
    }

    async fn install(&self, n: u8) {
        self.file(n, "01-namespaces.yaml").await;
        self.cacerts(n).await;
        self.apply(n, &definitions()).await;
        self.file(n, "03-base.yaml").await;
        self.file(n, "04-control-planes.yaml").await;
        self.ready(n, "istio-system", "istiod").await;
        self.file(n, "05-gateways.yaml").await;
        self.ready(n, "istio-system", "istio-eastwestgateway").await;
        self.file(n, "06-reader-tokens.yaml").await;
        self.file(n, "08-exposed-services.yaml").await;
    }

    async fn workloads(&self, n: u8) {
        let namespace = json!({
            "apiVersion": "v1", "kind": "Namespace",
            "metadata": {"name": "sample", "labels": {"istio-injection": "enabled"}},
        });
        let service = json!({
            "apiVersion": "v1", "kind": "Service",
            "metadata": {"name": "helloworld", "namespace": "sample"},
            "spec": {"selector": {"app": "helloworld"}, "ports": [{"name": "http", "port": 5000}]},
        });
        let deployment = |app: &str, ports: Value| {
            json!({
                "apiVersion": "apps/v1", "kind": "Deployment",
                "metadata": {"name": app, "namespace": "sample"},
                "spec": {
                    "selector": {"matchLabels": {"app": app}},
                    "template": {
                        "metadata": {"labels": {"app": app}},
                        "spec": {"containers": [{"name": app, "image": app, "ports": ports}]},
                    },
                },
            })
        };
        let hello = deployment("helloworld", json!([{"containerPort": 5000}]));
        let sleep = deployment("sleep", json!([]));
        self.apply(n, &[namespace, service, hello, sleep]).await;
        for name in ["helloworld", "sleep"] {
            self.ready(n, "sample", name).await;
        }
    }

    /// What the client `sleep` of a cluster sees of `helloworld`.
    pub(crate) async fn ask(&self, n: u8, calls: usize) -> Vec<Observation> {
        let call = Call {
            from: Client::Pod {
                cluster: cluster(n),
                namespace: NamespaceName::new("sample").unwrap(),
                workload: WorkloadName::new("sleep").unwrap(),
            },
            to: Target {
                host: "helloworld.sample".into(),
                port: 5000,
            },
            protocol: Protocol::get("/hello"),
            connection: Connection::Fresh,
            timeout: Duration::from_secs(5),
        };
        self.0
            .prober()
            .ask(Batch::repeated(call, calls))
            .await
            .unwrap()
    }
}
