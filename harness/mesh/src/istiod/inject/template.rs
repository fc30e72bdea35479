//! What an injected pod looks like: what Istio's templates `sidecar` and `gateway` make of a pod
//! and the values. Source: manifests/charts/istio-control/istio-discovery/files/*.yaml.

use std::collections::BTreeMap;

use apiserver::json::{Map, Value, json};
use istio::kinds::parse_proxy_config;
use k8s_openapi::api::core::v1::{Container, Pod};

use super::{PathValues, config::Injector};

const TEMPLATES: &str = "inject.istio.io/templates";
const PROXY_CONFIG: &str = "proxy.istio.io/config";
const NETWORK: &str = "topology.istio.io/network";
const PROXY: &str = "istio-proxy";

/// Which of Istio's templates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Template {
    Sidecar,
    Gateway,
}

/// A pod with its proxy.
pub(super) fn inject(
    injector: &Injector,
    values: &PathValues,
    pod: &Pod,
    mut object: Value,
) -> Result<Value, String> {
    let template = template(pod)?;
    let making = Making {
        injector,
        cluster: given(
            values.get("cluster"),
            injector.value("/global/multiCluster/clusterName"),
        ),
        network: network(injector, values, pod),
        pod,
    };
    making.add_labels(&mut object);
    making.add_annotations(&mut object);
    let proxy = making.proxy(template)?;
    match template {
        Template::Sidecar => making.add_sidecar(&mut object, proxy),
        Template::Gateway => fill_gateway(&mut object, proxy)?,
    }
    extend(&mut object["spec"]["volumes"], volumes());
    Ok(object)
}

fn template(pod: &Pod) -> Result<Template, String> {
    match annotation(pod, TEMPLATES) {
        None | Some("sidecar") => Ok(Template::Sidecar),
        Some("gateway") => Ok(Template::Gateway),
        Some(other) => Err(format!("{TEMPLATES}: '{other}' is not modelled")),
    }
}

fn annotation<'a>(pod: &'a Pod, name: &str) -> Option<&'a str> {
    let annotations = pod.metadata.annotations.as_ref()?;
    annotations.get(name).map(String::as_str)
}

fn label<'a>(pod: &'a Pod, name: &str) -> Option<&'a str> {
    let labels = pod.metadata.labels.as_ref()?;
    labels.get(name).map(String::as_str)
}

fn given(first: Option<&str>, second: &str) -> String {
    first.unwrap_or(second).to_owned()
}

/// The pod's own label counts more than the path, and the path more than the values.
fn network(injector: &Injector, values: &PathValues, pod: &Pod) -> String {
    let stated = label(pod, NETWORK).or(values.get("net"));
    given(stated, injector.value("/global/network"))
}

struct Making<'a> {
    injector: &'a Injector,
    cluster: String,
    network: String,
    pod: &'a Pod,
}

impl Making<'_> {
    fn add_labels(&self, object: &mut Value) {
        let name = label(self.pod, "app").map_or_else(|| self.workload_name(), str::to_owned);
        let version = label(self.pod, "version").unwrap_or("latest");
        let mut added = BTreeMap::from([
            ("security.istio.io/tlsMode", "istio"),
            ("service.istio.io/canonical-name", name.as_str()),
            ("service.istio.io/canonical-revision", version),
        ]);
        if !self.network.is_empty() {
            added.insert(NETWORK, &self.network);
        }
        fill(&mut object["metadata"]["labels"], added);
    }

    fn add_annotations(&self, object: &mut Value) {
        let revision = match self.injector.revision.as_str() {
            "" => "default",
            revision => revision,
        };
        let status = json!({
            "initContainers": ["istio-init", PROXY],
            "containers": null,
            "revision": revision,
        });
        let status = status.to_string();
        let added = BTreeMap::from([
            ("istio.io/rev", revision),
            ("sidecar.istio.io/status", status.as_str()),
        ]);
        fill(&mut object["metadata"]["annotations"], added);
    }

    fn image(&self) -> String {
        let value = |name: &str| self.injector.value(&format!("/global/{name}"));
        match value("proxy/image") {
            image if image.contains('/') => image.to_owned(),
            image => format!("{}/{image}:{}", value("hub"), value("tag")),
        }
    }

    /// The name of what made the pod: a Deployment's pods are named by their ReplicaSet.
    fn workload_name(&self) -> String {
        let meta = &self.pod.metadata;
        let owner = meta.owner_references.iter().flatten().next();
        let hash = label(self.pod, "pod-template-hash").map(|hash| format!("-{hash}"));
        match (owner, hash) {
            (Some(owner), Some(hash)) if owner.kind == "ReplicaSet" => {
                owner.name.trim_end_matches(&hash).to_owned()
            }
            (Some(owner), _) => owner.name.clone(),
            (None, _) => meta.name.clone().unwrap_or_default(),
        }
    }

    fn proxy(&self, template: Template) -> Result<Value, String> {
        let role = match template {
            Template::Sidecar => "sidecar",
            Template::Gateway => "router",
        };
        let mounts = [
            ("istiod-ca-cert", "/var/run/secrets/istio"),
            ("istio-token", "/var/run/secrets/tokens"),
            ("istio-data", "/var/lib/istio/data"),
            ("istio-envoy", "/etc/istio/proxy"),
            ("istio-podinfo", "/etc/istio/pod"),
        ];
        let mount = |(name, path): (&str, &str)| json!({"name": name, "mountPath": path});
        Ok(json!({
            "name": PROXY,
            "image": self.image(),
            "args": [
                "proxy", role, "--domain", "$(POD_NAMESPACE).svc.cluster.local",
                "--proxyLogLevel=warning", "--proxyComponentLogLevel=misc:error",
                "--log_output_level=default:info",
            ],
            "env": self.environment(template)?,
            "ports": [{"containerPort": 15090, "name": "http-envoy-prom", "protocol": "TCP"}],
            "readinessProbe": {
                "httpGet": {"path": "/healthz/ready", "port": 15021},
                "periodSeconds": 15, "timeoutSeconds": 3, "failureThreshold": 4,
            },
            "startupProbe": {
                "httpGet": {"path": "/healthz/ready", "port": 15021},
                "periodSeconds": 1, "timeoutSeconds": 3, "failureThreshold": 600,
            },
            "volumeMounts": mounts.map(mount),
        }))
    }

    fn environment(&self, template: Template) -> Result<Vec<Value>, String> {
        let value = |name: &str, value: &str| json!({"name": name, "value": value});
        let field = |name: &str, path: &str| json!({"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}});
        let address = self.discovery_address();
        let ca_address = match self.injector.value("/global/caAddress") {
            "" => address.as_str(),
            written => written,
        };
        let config = self.proxy_config()?;
        let mut env = vec![
            value("PILOT_CERT_PROVIDER", "istiod"),
            value("CA_ADDR", ca_address),
            field("POD_NAME", "metadata.name"),
            field("POD_NAMESPACE", "metadata.namespace"),
            field("INSTANCE_IP", "status.podIP"),
            field("SERVICE_ACCOUNT", "spec.serviceAccountName"),
            field("HOST_IP", "status.hostIP"),
            value("ISTIO_META_POD_PORTS", &self.pod_ports()),
            value("ISTIO_META_CLUSTER_ID", &self.cluster),
            field("ISTIO_META_NODE_NAME", "spec.nodeName"),
            value("ISTIO_META_WORKLOAD_NAME", &self.workload_name()),
            value("ISTIO_META_MESH_ID", &self.mesh_id()),
            value("TRUST_DOMAIN", &self.injector.trust_domain),
            value("PROXY_CONFIG", &config.to_string()),
        ];
        if template == Template::Sidecar {
            env.push(value("ISTIO_META_INTERCEPTION_MODE", "REDIRECT"));
        }
        if !self.network.is_empty() {
            env.push(value("ISTIO_META_NETWORK", &self.network));
        }
        let metadata = config["proxyMetadata"].as_object().into_iter().flatten();
        env.extend(metadata.map(|(name, text)| value(name, text.as_str().unwrap_or_default())));
        Ok(env)
    }

    /// The mesh's configuration of proxies, and the pod's own over it.
    fn proxy_config(&self) -> Result<Value, String> {
        let mut config = match &self.injector.mesh.default_config {
            Some(config) => without_unset(json!(config)),
            None => json!({}),
        };
        if let Some(text) = annotation(self.pod, PROXY_CONFIG) {
            let wrong = |error: &dyn std::fmt::Display| format!("{PROXY_CONFIG}: {error}");
            let own: serde_json::Value =
                serde_yaml::from_str(text).map_err(|error| wrong(&error))?;
            parse_proxy_config(&own).map_err(|error| wrong(&error))?;
            merge(&mut config, &own.into());
        }
        Ok(config)
    }

    fn discovery_address(&self) -> String {
        let config = self.injector.mesh.default_config.as_ref();
        let written = config.and_then(|config| config.discovery_address.clone());
        written.unwrap_or_else(|| "istiod.istio-system.svc:15012".to_owned())
    }

    fn mesh_id(&self) -> String {
        match self.injector.value("/global/meshID") {
            "" => self.injector.trust_domain.clone(),
            id => id.to_owned(),
        }
    }

    fn pod_ports(&self) -> String {
        let spec = self.pod.spec.as_ref();
        let containers = spec
            .map(|spec| spec.containers.as_slice())
            .unwrap_or_default();
        let ports = |container: &Container| container.ports.clone().unwrap_or_default();
        json!(containers.iter().flat_map(ports).collect::<Vec<_>>()).to_string()
    }

    /// The redirection, then the proxy as a sidecar that stays, before all other init containers.
    fn add_sidecar(&self, object: &mut Value, mut proxy: Value) {
        proxy["restartPolicy"] = "Always".into();
        let init = json!({
            "name": "istio-init",
            "image": self.image(),
            "args": self.redirection(),
        });
        let mut containers = vec![init, proxy];
        let own = object["spec"]["initContainers"].take();
        containers.extend(own.as_array().cloned().unwrap_or_default());
        object["spec"]["initContainers"] = containers.into();
    }

    fn redirection(&self) -> Vec<String> {
        let stated = |name: &str, value: &str, default: &str| {
            let key = format!("traffic.sidecar.istio.io/{name}");
            let values = self.injector.value(&format!("/global/proxy/{value}"));
            let fallback = if values.is_empty() { default } else { values };
            annotation(self.pod, &key).unwrap_or(fallback).to_owned()
        };
        let excluded = stated("excludeInboundPorts", "excludeInboundPorts", "");
        let excluded: Vec<&str> = ["15090", "15021", excluded.as_str()]
            .into_iter()
            .filter(|ports| !ports.is_empty())
            .collect();
        let arguments = [
            ("-p", "15001".to_owned()),
            ("-z", "15006".to_owned()),
            ("-u", "1337".to_owned()),
            ("-m", "REDIRECT".to_owned()),
            (
                "-i",
                stated("includeOutboundIPRanges", "includeIPRanges", "*"),
            ),
            (
                "-x",
                stated("excludeOutboundIPRanges", "excludeIPRanges", ""),
            ),
            (
                "-b",
                stated("includeInboundPorts", "includeInboundPorts", "*"),
            ),
            ("-d", excluded.join(",")),
            (
                "-q",
                stated("includeOutboundPorts", "includeOutboundPorts", ""),
            ),
            (
                "-o",
                stated("excludeOutboundPorts", "excludeOutboundPorts", ""),
            ),
        ];
        let words = arguments.into_iter().filter(|(_, value)| !value.is_empty());
        std::iter::once("istio-iptables".to_owned())
            .chain(words.flat_map(|(name, value)| [name.to_owned(), value]))
            .collect()
    }
}

/// A gateway's own container is filled in: what it says itself stays.
fn fill_gateway(object: &mut Value, proxy: Value) -> Result<(), String> {
    let containers = object["spec"]["containers"].as_array_mut();
    let mut containers = containers.into_iter().flatten();
    let own = containers.find(|container| container["name"] == PROXY);
    let own = own.ok_or_else(|| format!("a gateway's pod has a container {PROXY}"))?;
    let (ports, env) = (own["ports"].take(), own["env"].take());
    let mut filled = proxy;
    merge(&mut filled, &without_auto(own));
    combine(&mut filled["ports"], &ports, "containerPort");
    combine(&mut filled["env"], &env, "name");
    *own = filled;
    Ok(())
}

/// What a gateway's container says itself, but for the image that injection writes.
fn without_auto(container: &Value) -> Value {
    let mut own = without_unset(container.clone());
    if own["image"] == "auto" {
        let fields = own.as_object_mut().expect("a container is an object");
        fields.remove("image");
    }
    own
}

fn volumes() -> Vec<Value> {
    let token = json!({"serviceAccountToken": {
        "audience": "istio-ca", "expirationSeconds": 43200, "path": "istio-token",
    }});
    vec![
        json!({"name": "istio-envoy", "emptyDir": {"medium": "Memory"}}),
        json!({"name": "istio-data", "emptyDir": {}}),
        json!({"name": "istio-podinfo", "downwardAPI": {"items": [
            {"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}},
            {"path": "annotations", "fieldRef": {"fieldPath": "metadata.annotations"}},
        ]}}),
        json!({"name": "istio-token", "projected": {"sources": [token]}}),
        json!({"name": "istiod-ca-cert", "configMap": {"name": "istio-ca-root-cert"}}),
    ]
}

/// Adds entries to an object that may not be there; what is there stays.
fn fill(target: &mut Value, added: BTreeMap<&str, &str>) {
    if target.is_null() {
        *target = Value::Object(Map::new());
    }
    let Some(fields) = target.as_object_mut() else {
        return;
    };
    for (name, text) in added {
        fields.get_or_insert(name, || text.into());
    }
}

fn extend(target: &mut Value, more: Vec<Value>) {
    match target.as_array_mut() {
        Some(list) => list.extend(more),
        None => *target = more.into(),
    }
}

/// Adds entries to a list that is keyed by a field; an entry of the same key takes the place of the
/// one that is there.
fn combine(target: &mut Value, more: &Value, key: &str) {
    let more = more.as_array().cloned().unwrap_or_default();
    if let Some(list) = target.as_array_mut() {
        list.retain(|entry| !more.iter().any(|other| other[key] == entry[key]));
    }
    extend(target, more);
}

/// RFC 7386, without removal.
fn merge(target: &mut Value, over: &Value) {
    match (target, over) {
        (Value::Object(target), Value::Object(over)) => {
            for (name, value) in over {
                merge(target.get_or_insert(name.clone(), Value::default), value);
            }
        }
        (target, over) => *target = over.clone(),
    }
}

fn without_unset(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let set = fields.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(set.collect())
        }
        other => other,
    }
}
