//! Pods and the templates of pods.

use std::sync::LazyLock;

use crate::{
    clock::Clock,
    json::{Map, Text, Value, json},
    object::{self, list, map_mut, set_default, text},
    server::State,
    store::Key,
    tables::PRIORITY_CLASSES,
};

/// Defaults of a pod.
pub(crate) fn pod(pod: &mut Value) {
    object::at_mut(pod, &["spec"]).into_iter().for_each(spec);
    for field in ["initContainers", "containers"] {
        for container in object::items_mut(pod, &["spec", field]) {
            requests_from_limits(container);
        }
    }
}

/// What is limited is requested, unless the container requests something else.
fn requests_from_limits(container: &mut Value) {
    let Some(limits) = container["resources"]["limits"].as_object().cloned() else {
        return;
    };
    let requests = map_mut(&mut container["resources"], "requests");
    for (resource, limit) in limits {
        set_default(requests, &resource, limit);
    }
}

/// Defaults of a pod's specification, also within a template.
pub(super) fn spec(spec: &mut Value) {
    let Some(map) = spec.as_object_mut() else {
        return;
    };
    set_default(map, "restartPolicy", "Always");
    set_default(map, "terminationGracePeriodSeconds", 30);
    set_default(map, "dnsPolicy", "ClusterFirst");
    set_default(map, "schedulerName", "default-scheduler");
    set_default(map, "securityContext", json!({}));
    mirror_account(map);
    let host_network = map.get("hostNetwork") == Some(&Value::Bool(true));
    for field in ["initContainers", "containers"] {
        for item in map
            .get_mut(field)
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten()
        {
            container(item, host_network);
        }
    }
    let volumes = map.get_mut("volumes").and_then(Value::as_array_mut);
    volumes.into_iter().flatten().for_each(volume);
}

/// `serviceAccount` is the old name of `serviceAccountName`; both are shown.
fn mirror_account(spec: &mut Map) {
    let name = |field: &str| {
        spec.get(field)
            .filter(|v| v.as_str().is_some_and(|t| !t.is_empty()))
            .cloned()
    };
    if let Some(account) = name("serviceAccountName").or_else(|| name("serviceAccount")) {
        spec.insert("serviceAccountName", account.clone());
        spec.insert("serviceAccount", account);
    }
}

fn container(container: &mut Value, host_network: bool) {
    let image = text(container, &["image"]).to_owned();
    let Some(map) = container.as_object_mut() else {
        return;
    };
    set_default(map, "terminationMessagePath", "/dev/termination-log");
    set_default(map, "terminationMessagePolicy", "File");
    set_default(map, "imagePullPolicy", pull_policy(&image));
    for probe_field in ["livenessProbe", "readinessProbe", "startupProbe"] {
        map.get_mut(probe_field).into_iter().for_each(probe);
    }
    for hook in ["postStart", "preStop"] {
        map.get_mut("lifecycle")
            .and_then(|l| l.get_mut(hook))
            .into_iter()
            .for_each(http_get);
    }
    for port in map
        .get_mut("ports")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        self::port(port, host_network);
    }
    for variable in map
        .get_mut("env")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        let from = variable
            .get_mut("valueFrom")
            .and_then(|from| from.get_mut("fieldRef"));
        field_ref(from);
    }
}

/// An image without a tag, or tagged `latest`, may change under its name.
fn pull_policy(image: &str) -> &'static str {
    let name = image.rsplit('/').next().unwrap_or_default();
    match (image.contains('@'), name.split_once(':')) {
        (true, _) => "IfNotPresent",
        (false, None | Some((_, "latest"))) => "Always",
        (false, Some(_)) => "IfNotPresent",
    }
}

fn field_ref(reference: Option<&mut Value>) {
    if let Some(map) = reference.and_then(Value::as_object_mut) {
        set_default(map, "apiVersion", "v1");
    }
}

fn port(port: &mut Value, host_network: bool) {
    let number = port["containerPort"].clone();
    let Some(map) = port.as_object_mut() else {
        return;
    };
    set_default(map, "protocol", "TCP");
    if host_network {
        set_default(map, "hostPort", number);
    }
}

fn probe(probe: &mut Value) {
    http_get(probe);
    if let Some(grpc) = probe.get_mut("grpc").and_then(Value::as_object_mut) {
        set_default(grpc, "service", "");
    }
    let Some(map) = probe.as_object_mut() else {
        return;
    };
    set_default(map, "timeoutSeconds", 1);
    set_default(map, "periodSeconds", 10);
    set_default(map, "successThreshold", 1);
    set_default(map, "failureThreshold", 3);
}

fn http_get(handler: &mut Value) {
    if let Some(map) = handler.get_mut("httpGet").and_then(Value::as_object_mut) {
        set_default(map, "path", "/");
        set_default(map, "scheme", "HTTP");
    }
}

fn volume(volume: &mut Value) {
    let Some(map) = volume.as_object_mut() else {
        return;
    };
    if map.keys().all(|name| name == "name") {
        map.insert("emptyDir", json!({}));
    }
    for source in ["secret", "configMap", "downwardAPI", "projected"] {
        if let Some(source) = map.get_mut(source).and_then(Value::as_object_mut) {
            set_default(source, "defaultMode", 420);
        }
    }
    if let Some(host) = map.get_mut("hostPath").and_then(Value::as_object_mut) {
        set_default(host, "type", "");
    }
    let sources = map
        .get_mut("projected")
        .and_then(|p| p.get_mut("sources"))
        .and_then(Value::as_array_mut);
    for source in sources.into_iter().flatten() {
        if let Some(token) = source
            .get_mut("serviceAccountToken")
            .and_then(Value::as_object_mut)
        {
            set_default(token, "expirationSeconds", 3600);
        }
        source
            .get_mut("downwardAPI")
            .into_iter()
            .for_each(downward_items);
    }
    map.get_mut("downwardAPI")
        .into_iter()
        .for_each(downward_items);
}

fn downward_items(source: &mut Value) {
    for item in object::items_mut(source, &["items"]) {
        field_ref(item.get_mut("fieldRef"));
    }
}

/// What only pods themselves get, not the templates of pods: priority, tolerations, a phase.
pub(super) fn admit(state: &State, pod: &mut Value) {
    let (priority, preemption) = priority(state, text(pod, &["spec", "priorityClassName"]));
    let quality = quality(pod);
    let spec = map_mut(pod, "spec");
    set_default(spec, "enableServiceLinks", true);
    set_default(spec, "priority", priority);
    set_default(spec, "preemptionPolicy", preemption);
    tolerate(spec);
    pod["status"] = Value::from_iter([
        ("phase", Value::from("Pending")),
        ("qosClass", quality.into()),
    ]);
}

fn priority(state: &State, class: &str) -> (Value, Value) {
    match state.store.get(&PRIORITY_CLASSES, &Key::new("", class)) {
        Some(class) => (class["value"].clone(), class["preemptionPolicy"].clone()),
        None => (0.into(), "PreemptLowerPriority".into()),
    }
}

/// Pods stay five minutes on a node that is not ready or not reachable.
static PATIENCE: LazyLock<[Value; 2]> = LazyLock::new(|| {
    ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"].map(
        |key| json!({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}),
    )
});

fn tolerate(spec: &mut Map) {
    let tolerations = spec.get("tolerations").and_then(Value::as_array);
    let mut tolerations = tolerations.cloned().unwrap_or_default();
    for toleration in &*PATIENCE {
        let covered = tolerations.iter().any(|t| {
            let (key, effect) = (text(t, &["key"]), text(t, &["effect"]));
            (key.is_empty() || toleration["key"] == key)
                && (effect == "NoExecute" || effect.is_empty())
        });
        if !covered {
            tolerations.push(toleration.clone());
        }
    }
    spec.insert("tolerations", tolerations.into());
}

/// The quality-of-service class, by what the containers request and are limited to.
fn quality(pod: &Value) -> &'static str {
    let containers = list(pod, &["spec", "containers"])
        .iter()
        .chain(list(pod, &["spec", "initContainers"]));
    let compute = |container: &Value, field: &str| -> Vec<(Text, Text)> {
        let map = container["resources"][field]
            .as_object()
            .into_iter()
            .flatten();
        let named =
            map.filter(|(name, value)| matches!(name.as_str(), "cpu" | "memory") && *value != "0");
        named
            .map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().into()))
            .collect()
    };
    let (mut any, mut all) = (false, true);
    for container in containers {
        let (requests, limits) = (compute(container, "requests"), compute(container, "limits"));
        any |= !requests.is_empty() || !limits.is_empty();
        all &= limits.len() == 2 && requests == limits;
    }
    match (any, all) {
        (false, _) => "BestEffort",
        (true, true) => "Guaranteed",
        (true, false) => "Burstable",
    }
}

/// What an update cannot take from a pod.
pub(super) fn keep(live: &Value, pod: &mut Value) {
    for field in ["priority", "preemptionPolicy", "enableServiceLinks"] {
        if let Some(value) = object::at(live, &["spec", field]) {
            set_default(map_mut(pod, "spec"), field, value.clone());
        }
    }
}

/// Marks a pod as scheduled, as binding does.
pub(crate) fn scheduled(pod: &mut Value, clock: &Clock) {
    let condition = Value::from_iter([
        ("type", Value::from("PodScheduled")),
        ("status", "True".into()),
        ("lastProbeTime", Value::Null),
        ("lastTransitionTime", clock.stamp().into()),
    ]);
    let mut conditions: Vec<Value> = list(pod, &["status", "conditions"]).to_vec();
    conditions.retain(|c| c["type"] != "PodScheduled");
    conditions.push(condition);
    pod["status"]["conditions"] = conditions.into();
}
