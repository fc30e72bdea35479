//! Installs a topology's mesh on the simulator, as a runner does it.

#![expect(clippy::unwrap_used, reason = "a kit's failure is the test's failure")]

use std::{collections::BTreeMap, fs, path::PathBuf, time::Duration};

use engine::{
    App, Apply, Condition, Deadline, Environment, Kinds, ObjectRef, State, condition, wait,
};
use k8s_openapi::ByteString;
use manifest::{ApiServer, At, Await, Facts, Form, Need};
use mesh::{
    engine::{MeshEnvironment, SimMesh},
    images::MeshImages,
};
use scenario::{Topology, draft::TopologyDraft};
use serde_json::Value;
use world::{ClusterName, VmName};

/// A mesh that stands.
pub(crate) struct Mesh {
    pub(crate) environment: MeshEnvironment,
    pub(crate) images: MeshImages,
    topology: Topology,
}

pub(crate) fn soon() -> Deadline {
    Deadline::after(Duration::from_secs(120))
}

pub(crate) fn cluster(n: usize) -> ClusterName {
    ClusterName::new(format!("cluster{n}")).unwrap()
}

impl Mesh {
    /// Brings the clusters of a topology among the fixtures up, and installs its mesh.
    pub(crate) async fn install(name: &str) -> Self {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/topologies");
        let text = fs::read_to_string(folder.join(format!("{name}.yaml"))).unwrap();
        let draft: TopologyDraft = serde_yaml::from_str(&text).unwrap();
        let topology = Topology::from_draft(&draft).unwrap();
        let environment = SimMesh.start(topology.substrate(), 1).await.unwrap();
        let mesh = Self {
            images: environment.images().clone(),
            environment,
            topology,
        };
        mesh.carry_out().await;
        mesh
    }

    pub(crate) fn kinds(&self, cluster: &ClusterName) -> Kinds {
        Kinds::new(cluster.as_str(), self.environment.client(cluster).unwrap())
    }

    pub(crate) async fn apply(&self, cluster: &ClusterName, objects: &[Value]) {
        let apply = Apply::new(self.kinds(cluster), "test").force();
        apply.all(objects, soon()).await.unwrap();
    }

    /// Waits until an object is as it should be, and returns it.
    #[track_caller]
    pub(crate) fn until(
        &self,
        cluster: &ClusterName,
        object: ObjectRef,
        condition: Condition,
    ) -> impl Future<Output = Value> {
        let kinds = self.kinds(cluster);
        async move {
            let found = wait::until(&kinds, &object, &condition, soon()).await;
            found.unwrap().map(|object| object.data).unwrap_or_default()
        }
    }

    async fn carry_out(&self) {
        let now = "2026-01-01T00:00:00Z".parse().unwrap();
        let mut facts = Facts::new(pki::Seed::new(1), now);
        for stage in manifest::stages(&self.topology) {
            for need in stage.needs() {
                self.learn(&mut facts, need).await;
            }
            let mut objects: BTreeMap<ClusterName, Vec<Value>> = BTreeMap::new();
            for placed in stage.render(&facts, Form::Objects).unwrap() {
                let of_cluster = objects.entry(placed.cluster).or_default();
                of_cluster.push(placed.object.into_value());
            }
            for (cluster, objects) in objects {
                self.apply(&cluster, &objects).await;
            }
            for awaited in stage.awaits() {
                self.wait_for(&awaited).await;
            }
        }
    }

    /// Starts the application and the agent of a machine on the files that istioctl would make.
    pub(crate) async fn onboard(&self, vm: &VmName) {
        let now = "2026-01-01T00:00:00Z".parse().unwrap();
        let mut facts = Facts::new(pki::Seed::new(1), now);
        for need in manifest::vm_needs(&self.topology, vm) {
            self.learn(&mut facts, need).await;
        }
        let member = &self.topology.vms()[vm];
        let group = ObjectRef::namespaced(
            "networking.istio.io/v1",
            "WorkloadGroup",
            member.namespace.as_str(),
            vm.as_str(),
        );
        let group = self.until(&member.onboarded_by, group, condition::present());
        let group = group.await;
        let network = group["spec"]["template"]["network"].as_str();
        let files = manifest::vm_files(&self.topology, vm, network, &facts).unwrap();
        let files = files
            .files()
            .map(|(path, text)| (path.to_owned(), text.into()));
        let machine = self.environment.machine(vm).unwrap();
        machine.write(files.into()).await.unwrap();
        let app = App {
            port: self.topology.vms()[vm].port,
            version: "v1".to_owned(),
        };
        machine.start_app(app).await.unwrap();
        machine.start_agent().await.unwrap();
    }

    async fn wait_for(&self, awaited: &Await) {
        let (object, condition) = awaited_object(awaited);
        let kinds = self.kinds(awaited.cluster());
        if let Err(error) = wait::until(&kinds, &object, &condition, soon()).await {
            panic!("{awaited}: {error}\n{}", self.environment.sim().log());
        }
    }

    async fn learn(&self, facts: &mut Facts, need: Need) {
        let text = match &need {
            Need::ApiServer(cluster) => {
                let endpoint = self.environment.api_endpoint(cluster).unwrap();
                let server = ApiServer {
                    url: endpoint.url,
                    ca: endpoint.ca_pem,
                };
                return facts.learn_api_server(cluster.clone(), server);
            }
            Need::Address(at) => {
                let kinds = self.kinds(&at.cluster);
                let (namespace, name) = (at.namespace.as_str(), at.name.as_str());
                let found =
                    engine::facts::load_balancer_addresses(&kinds, namespace, name, soon()).await;
                found.unwrap()[0].to_string()
            }
            Need::Token(at) => {
                let secret = self.until(&at.cluster, at_ref("v1", "Secret", at), has_key("token"));
                let token: ByteString =
                    serde_json::from_value(secret.await["data"]["token"].clone()).unwrap();
                String::from_utf8(token.0).unwrap()
            }
            Need::RootCertificate(at) => {
                let key = "root-cert.pem";
                let map = self.until(&at.cluster, at_ref("v1", "ConfigMap", at), has_key(key));
                map.await["data"][key].as_str().unwrap().to_owned()
            }
            Need::VmToken(vm) => {
                let member = &self.topology.vms()[vm];
                let (namespace, account) = (&member.namespace, &member.service_account);
                let kinds = self.kinds(&member.onboarded_by);
                let token = engine::facts::service_account_token(
                    &kinds,
                    namespace.as_str(),
                    account.as_str(),
                    vec!["istio-ca".to_owned()],
                    Duration::from_secs(3600),
                );
                token.await.unwrap()
            }
        };
        facts.learn(need, text);
    }
}

fn at_ref(version: &str, kind: &str, at: &At) -> ObjectRef {
    ObjectRef::namespaced(version, kind, at.namespace.as_str(), at.name.as_str())
}

fn awaited_object(awaited: &Await) -> (ObjectRef, Condition) {
    match awaited {
        Await::Available(at) => {
            let object = at_ref("apps/v1", "Deployment", at);
            (object, condition::ready("Deployment"))
        }
        Await::Address(at) => {
            let object = at_ref("v1", "Service", at);
            (object, condition::has_load_balancer_address())
        }
        Await::SecretKey { secret, key } => (at_ref("v1", "Secret", secret), has_key(key)),
        Await::ConfigMapKey { config_map, key } => {
            (at_ref("v1", "ConfigMap", config_map), has_key(key))
        }
        Await::CaBundle { webhooks, .. } => (webhooks_ref(webhooks), has_ca_bundles()),
    }
}

pub(crate) fn webhooks_ref(name: &str) -> ObjectRef {
    let version = "admissionregistration.k8s.io/v1";
    ObjectRef::cluster_wide(version, "MutatingWebhookConfiguration", name)
}

pub(crate) fn has_key(key: &str) -> Condition {
    let pointer = format!("/data/{}", key.replace('/', "~1"));
    Condition::on(format!("filled in at {key}"), move |object| {
        match object.data.pointer(&pointer).and_then(Value::as_str) {
            Some(text) if !text.is_empty() => State::Met,
            _ => State::Unmet("it has no such key yet".to_owned()),
        }
    })
}

pub(crate) fn has_ca_bundles() -> Condition {
    Condition::on("given a caBundle", |object| {
        let webhooks = object.data.get("webhooks").and_then(Value::as_array);
        let bundled = |webhook: &Value| !webhook["clientConfig"]["caBundle"].is_null();
        match webhooks.is_some_and(|all| all.iter().all(bundled)) {
            true => State::Met,
            false => State::Unmet("a webhook has no caBundle yet".to_owned()),
        }
    })
}
