//! Two clusters with equal ranges on two networks, one of them with a worker in another zone, and a
//! machine beside it; in each a client and a server.

use std::{collections::BTreeMap, net::Ipv4Addr, time::Duration};

use engine::{
    App, Apply, Batch, BringUp, Deadline, Engine as _, Environment, Kinds, ObjectRef, wait,
};
use k8s_openapi::api::core::v1::Pod;
use kind::{Images, Kind};
use kube::{Api, api::ListParams};
use serde_json::{Value, json};
use world::{
    Call, Client, Cluster, ClusterName, Connection, Network, Node, Outcome, Protocol, Refusal,
    Substrate, Target, Vm,
};

/// What stands.
pub(crate) struct Ground {
    pub(crate) environment: Box<dyn Environment>,
}

/// The images that were named.
#[derive(Clone)]
pub(crate) struct Named {
    node: String,
    helloworld: String,
    curl: String,
}

pub(crate) fn images() -> Option<Named> {
    let image = |name| std::env::var(name).ok();
    Some(Named {
        node: image("ISTHMUS_NODE_IMAGE")?,
        helloworld: image("ISTHMUS_HELLOWORLD_IMAGE")?,
        curl: image("ISTHMUS_CURL_IMAGE")?,
    })
}

const PORT: u16 = 5000;

fn cluster(network: &str, zones: &[&str]) -> Cluster {
    let node = |(index, zone): (usize, &&str)| Node {
        name: format!("node{index}").parse().unwrap(),
        locality: zone.parse().unwrap(),
    };
    Cluster {
        network: network.parse().unwrap(),
        nodes: zones.iter().enumerate().map(node).collect(),
        // Equal in both clusters: pods of one have addresses of the other.
        pods: "10.10.0.0/16".parse().unwrap(),
        services: "10.110.0.0/16".parse().unwrap(),
        load_balancers: "172.18.0.0/24".parse().unwrap(),
        kubernetes: None,
    }
}

fn substrate() -> Substrate {
    let network = |name: &str, nodes: &str| {
        let nodes = nodes.parse().unwrap();
        (name.parse().unwrap(), Network { nodes })
    };
    let vm = Vm {
        network: "network1".parse().unwrap(),
        address: Ipv4Addr::new(172, 20, 0, 9),
        locality: "region1/zone1".parse().unwrap(),
    };
    Substrate {
        networks: [
            network("network1", "172.20.0.0/16"),
            network("network2", "172.21.0.0/16"),
        ]
        .into(),
        clusters: [
            (
                name("cluster1"),
                cluster("network1", &["region1/zone1", "region1/zone2"]),
            ),
            (name("cluster2"), cluster("network2", &["region2/zone1"])),
        ]
        .into(),
        vms: BTreeMap::from([("vm1".parse().unwrap(), vm)]),
        links: Vec::new(),
    }
}

pub(crate) fn name(cluster: &str) -> ClusterName {
    cluster.parse().unwrap()
}

impl Ground {
    pub(crate) async fn up(images: Named) -> Self {
        let of = Images {
            preload: vec![images.helloworld.clone(), images.curl.clone()],
            machine: Some(images.curl.clone()),
            sample: Some(images.helloworld.clone()),
            ..Images::of(&images.node)
        };
        let options = BringUp {
            run: format!("real{}", std::process::id()),
            seed: 0,
            deadline: Deadline::after(Duration::from_secs(600)),
        };
        let engine = Kind::connect(of).await.unwrap();
        let environment = engine.bring_up(&substrate(), options).await.unwrap();
        let ground = Self { environment };
        for cluster in ["cluster1", "cluster2"] {
            ground.deploy(cluster, &images).await;
        }
        let app = App {
            port: PORT,
            version: "vm".to_owned(),
        };
        let machine = ground.environment.machine(&"vm1".parse().unwrap()).unwrap();
        machine.start_app(app).await.unwrap();
        ground
    }

    pub(crate) async fn down(self) {
        self.environment.tear_down().await.unwrap();
    }

    /// A client on the first node, a server on the last, and a load balancer before it.
    async fn deploy(&self, cluster: &str, images: &Named) {
        let client = self.environment.client(&name(cluster)).unwrap();
        let kinds = Kinds::new(cluster, client);
        let deadline = Deadline::after(Duration::from_secs(120));
        let objects = objects(cluster, images);
        let apply = Apply::new(kinds.clone(), "test").force();
        apply.all(&objects, deadline).await.unwrap();
        let deployments = ["sleep", "helloworld"]
            .map(|name| ObjectRef::namespaced("apps/v1", "Deployment", "sample", name));
        wait::ready(&kinds, deployments.to_vec(), deadline)
            .await
            .unwrap();
    }

    /// The address of a workload's pod.
    pub(crate) async fn pod(&self, cluster: &str, app: &str) -> String {
        let client = self.environment.client(&name(cluster)).unwrap();
        let pods: Api<Pod> = Api::namespaced(client, "sample");
        let app = ListParams::default().labels(&format!("app={app}"));
        let pods = pods.list(&app).await.unwrap().items;
        pods[0].status.clone().unwrap().pod_ip.unwrap()
    }

    /// One call, as what was answered by which version, or refused how.
    pub(crate) async fn ask(&self, from: Client, host: &str) -> Result<String, Refusal> {
        let call = Call {
            from,
            to: Target {
                host: host.into(),
                port: PORT,
            },
            protocol: Protocol::get("/hello"),
            connection: Connection::Fresh,
            timeout: Duration::from_secs(3),
        };
        let batch = Batch::in_order([call]);
        let mut seen = self.environment.prober().ask(batch).await.unwrap();
        match seen.remove(0).outcome {
            Outcome::Answered(answer) => Ok(answer.version.unwrap_or_default().to_string()),
            Outcome::Refused(refusal) => Err(refusal),
        }
    }

    /// Asks until the outcome is the one awaited, for what takes its time to come about.
    pub(crate) async fn eventually(
        &self,
        from: Client,
        host: &str,
        awaited: &Result<String, Refusal>,
    ) -> Result<String, Refusal> {
        let deadline = Deadline::after(Duration::from_secs(60));
        loop {
            let seen = self.ask(from.clone(), host).await;
            if seen == *awaited || deadline.remaining().is_zero() {
                return seen;
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }
}

/// The client of a cluster.
pub(crate) fn sleep(cluster: &str) -> Client {
    Client::Pod {
        cluster: name(cluster),
        namespace: "sample".parse().unwrap(),
        workload: "sleep".parse().unwrap(),
    }
}

fn objects(cluster: &str, images: &Named) -> Vec<Value> {
    let zone = match cluster {
        "cluster1" => "zone2",
        _ => "zone1",
    };
    vec![
        json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "sample" } }),
        deployment(
            "sleep",
            "zone1",
            json!({ "name": "sleep", "image": images.curl, "command": ["sleep", "infinity"] }),
        ),
        deployment(
            "helloworld",
            zone,
            json!({ "name": "helloworld", "image": images.helloworld,
            "env": [{ "name": "SERVICE_VERSION", "value": cluster }] }),
        ),
        json!({ "apiVersion": "v1", "kind": "Service", "metadata": { "name": "helloworld", "namespace": "sample" },
            "spec": { "type": "LoadBalancer", "selector": { "app": "helloworld" }, "ports": [{ "port": PORT }] } }),
    ]
}

fn deployment(app: &str, zone: &str, container: Value) -> Value {
    let mut container = container;
    container["imagePullPolicy"] = json!("Never");
    json!({ "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": app, "namespace": "sample" },
        "spec": { "selector": { "matchLabels": { "app": app } }, "template": {
            "metadata": { "labels": { "app": app } },
            "spec": {
                "terminationGracePeriodSeconds": 0,
                "nodeSelector": { "topology.kubernetes.io/zone": zone },
                "tolerations": [{ "operator": "Exists" }],
                "containers": [container],
            },
        } } })
}
