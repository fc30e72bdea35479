//! Machines that register themselves: a WorkloadEntry by their WorkloadGroup while they are
//! connected, and for a while longer. Source: pilot/pkg/autoregistration/controller.go.

use std::{collections::BTreeMap, time::Duration};

use istio::{kinds::Kind, version::Flag};
use jiff::Timestamp;
use kube::{
    Api,
    api::{DeleteParams, Patch, PatchParams, PostParams},
    core::{ApiResource, DynamicObject, GroupVersionKind},
};
use serde_json::{Value, json};
use sim::cluster::Key;
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender},
    time::{Instant, sleep_until},
};

use super::{core::Core, source::follow::text};
use crate::xds::Node;

/// Annotations of an entry: its group, who wrote it, since when, and since when no more.
const GROUP: &str = "istio.io/autoRegistrationGroup";
const CONTROLLER: &str = "istio.io/workloadController";
const CONNECTED: &str = "istio.io/connectedAt";
const DISCONNECTED: &str = "istio.io/disconnectedAt";

/// How long nothing at all is waited for: until the next event.
const NEVER: Duration = Duration::from_secs(365 * 24 * 3600);

/// What became of a machine's connection.
pub(crate) enum Event {
    /// It subscribed; the entry that it is to have.
    Connected(Box<Entry>),
    /// The connection ended.
    Gone(Key),
}

/// The WorkloadEntry of a machine.
pub(crate) struct Entry {
    key: Key,
    object: Value,
}

/// A registration that lasts as long as its connection.
pub(crate) struct Registered {
    key: Key,
    events: UnboundedSender<Event>,
}

impl Registered {
    /// Registers a machine.
    pub(crate) fn new(entry: Entry, events: UnboundedSender<Event>) -> Self {
        let key = entry.key.clone();
        // Nobody listens only while istiod ends, and registers nobody then.
        let _ = events.send(Event::Connected(Box::new(entry)));
        Self { key, events }
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        let _ = self.events.send(Event::Gone(self.key.clone()));
    }
}

/// The entry of a machine by its group's object.
pub(crate) fn entry(node: &Node, group: &Value) -> Entry {
    let (own, spec) = (&group["metadata"], &group["spec"]);
    let name = own["name"].as_str().unwrap_or_default();
    let mut entry = spec["template"].clone();
    let mut labels = texts(&entry["labels"]);
    labels.extend(texts(&spec["metadata"]["labels"]));
    labels.extend(node.labels.clone());
    labels.remove("istio-locality");
    entry["address"] = json!(node.address);
    entry["labels"] = json!(labels);
    if !node.network.as_str().is_empty() {
        entry["network"] = json!(node.network.as_str());
    }
    if let Some(locality) = &node.locality {
        entry["locality"] = json!(locality);
    }
    let mut annotations = texts(&spec["metadata"]["annotations"]);
    annotations.insert(GROUP.to_owned(), name.to_owned());
    let key = Key::new(node.namespace.as_str(), entry_name(node, name));
    let owner = json!({
        "apiVersion": group["apiVersion"], "kind": "WorkloadGroup", "name": name,
        "uid": own["uid"], "controller": true,
    });
    let object = json!({
        "apiVersion": "networking.istio.io/v1", "kind": "WorkloadEntry",
        "metadata": {
            "name": key.name, "namespace": key.namespace, "labels": labels,
            "annotations": annotations, "ownerReferences": [owner],
        },
        "spec": entry,
    });
    Entry { key, object }
}

/// `<group>-<address>-<network>`, without the network if there is none.
fn entry_name(node: &Node, group: &str) -> String {
    match node.network.as_str() {
        "" => format!("{group}-{}", node.address),
        network => format!("{group}-{}-{network}", node.address),
    }
}

fn texts(object: &Value) -> BTreeMap<String, String> {
    let pairs = object.as_object().into_iter().flatten();
    let text = |(name, value): (&String, &Value)| Some((name.clone(), value.as_str()?.to_owned()));
    pairs.filter_map(text).collect()
}

/// Keeps the entries of machines true, for ever.
pub(crate) async fn keep(core: &Core, mut events: UnboundedReceiver<Event>) {
    let registrar = Registrar { core };
    let grace = core
        .environment
        .control_plane
        .flags
        .time(Flag::WorkloadEntryGracePeriod);
    let mut connections: BTreeMap<Key, u32> = BTreeMap::new();
    let mut leaving: BTreeMap<Key, Instant> = BTreeMap::new();
    loop {
        let next = leaving.values().min().copied();
        let event = tokio::select! {
            biased;
            event = events.recv() => event,
            () = sleep_until(next.unwrap_or_else(|| Instant::now() + NEVER)) => None,
        };
        match event {
            Some(Event::Connected(entry)) => {
                leaving.remove(&entry.key);
                *connections.entry(entry.key.clone()).or_default() += 1;
                registrar.connected(&entry).await;
            }
            Some(Event::Gone(key)) => {
                let open = connections.entry(key.clone()).or_default();
                *open = open.saturating_sub(1);
                if *open == 0 {
                    registrar.disconnected(&key).await;
                    leaving.insert(key, Instant::now() + grace);
                }
            }
            None => {
                let now = Instant::now();
                let due = |(key, at): (&Key, &Instant)| (*at <= now).then(|| key.clone());
                let due: Vec<Key> = leaving.iter().filter_map(due).collect();
                for key in due {
                    leaving.remove(&key);
                    registrar.remove(&key).await;
                }
            }
        }
    }
}

/// Writes entries into the cluster of the configuration.
struct Registrar<'a> {
    core: &'a Core,
}

impl Registrar<'_> {
    async fn connected(&self, entry: &Entry) {
        let mut object = entry.object.clone();
        let annotations = &mut object["metadata"]["annotations"];
        annotations[CONTROLLER] = json!(self.core.environment.pod);
        annotations[CONNECTED] = json!(self.now());
        let written: DynamicObject =
            serde_json::from_value(object).expect("a WorkloadEntry is an object");
        let api = self.api(&entry.key);
        let created = api.create(&PostParams::default(), &written).await;
        let again = json!({"metadata": {"annotations": {
            CONTROLLER: self.core.environment.pod, CONNECTED: self.now(), DISCONNECTED: null,
        }}});
        let result = match created {
            Err(kube::Error::Api(status)) if status.code == 409 => {
                self.patch(&entry.key, &again).await
            }
            created => created.map(drop),
        };
        self.tell("register", &entry.key, result);
    }

    async fn disconnected(&self, key: &Key) {
        let gone = json!({"metadata": {"annotations": {
            CONNECTED: null, DISCONNECTED: self.now(),
        }}});
        let result = self.patch(key, &gone).await;
        self.tell("mark as disconnected", key, result);
    }

    async fn remove(&self, key: &Key) {
        let api = self.api(key);
        let deleted = api.delete(&key.name, &DeleteParams::default()).await;
        let result = deleted.map(drop);
        self.tell("clean up", key, result);
    }

    async fn patch(&self, key: &Key, patch: &Value) -> kube::Result<()> {
        let api = self.api(key);
        let (how, patch) = (PatchParams::default(), Patch::Merge(patch));
        api.patch(&key.name, &how, &patch).await.map(drop)
    }

    fn tell(&self, doing: &str, key: &Key, result: kube::Result<()>) {
        let (namespace, name) = (&key.namespace, &key.name);
        match result {
            Ok(()) => self
                .core
                .note(format_args!("{doing} WorkloadEntry {namespace}/{name}")),
            Err(error) => self.core.note(format_args!(
                "cannot {doing} WorkloadEntry {namespace}/{name}: {}",
                text(&error)
            )),
        }
    }

    fn now(&self) -> String {
        let now: Timestamp = self.core.clock.now();
        now.to_string()
    }

    fn api(&self, key: &Key) -> Api<DynamicObject> {
        let client = self.core.clusters().config().server.client();
        let kind = GroupVersionKind::gvk("networking.istio.io", "v1", Kind::WorkloadEntry.name());
        let resource = ApiResource::from_gvk_with_plural(&kind, "workloadentries");
        Api::namespaced_with(client, &key.namespace, &resource)
    }
}

#[cfg(test)]
mod tests {
    use istio::network::split_horizon::ProxyKind;

    use super::*;

    fn node(network: &str) -> Node {
        Node {
            kind: ProxyKind::Sidecar,
            name: "legacy".to_owned(),
            namespace: "vm".to_owned(),
            service_account: "legacy".to_owned(),
            cluster: "cluster1".into(),
            network: network.into(),
            address: "172.18.0.9".to_owned(),
            labels: BTreeMap::from([("app".to_owned(), "own".to_owned())]),
            annotations: BTreeMap::new(),
            network_view: Vec::new(),
            node: String::new(),
            locality: None,
            register_group: Some("legacy".to_owned()),
        }
    }

    fn group() -> Value {
        json!({
            "apiVersion": "networking.istio.io/v1", "kind": "WorkloadGroup",
            "metadata": {"name": "legacy", "namespace": "vm", "uid": "u"},
            "spec": {
                "metadata": {"labels": {"app": "group", "tier": "old"}},
                "template": {"serviceAccount": "legacy", "network": "template"},
            },
        })
    }

    #[test]
    fn an_entry_is_the_template_of_its_group_with_what_the_machine_says_of_itself() {
        let entry = entry(&node("vm-network"), &group());
        assert_eq!(entry.key.name, "legacy-172.18.0.9-vm-network");
        let spec = &entry.object["spec"];
        assert_eq!(spec["serviceAccount"], "legacy");
        assert_eq!(spec["address"], "172.18.0.9");
        assert_eq!(spec["network"], "vm-network");
        assert_eq!(spec["labels"], json!({"app": "own", "tier": "old"}));
        let annotations = &entry.object["metadata"]["annotations"];
        assert_eq!(annotations[GROUP], "legacy");
    }

    #[test]
    fn a_machine_without_a_network_keeps_that_of_the_template() {
        let entry = entry(&node(""), &group());
        assert_eq!(entry.key.name, "legacy-172.18.0.9");
        assert_eq!(entry.object["spec"]["network"], "template");
    }
}
