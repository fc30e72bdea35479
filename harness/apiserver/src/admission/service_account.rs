//! The ServiceAccount plug-in: every pod runs as an account and carries its token.

use std::sync::LazyLock;

use crate::{
    json::{Value, json},
    object::{self, list, text},
    resource::Resource,
    server::{ApiServer, State},
    status::Status,
    store::Key,
    tables::{PODS, SERVICE_ACCOUNTS},
};

const MOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

fn account_of(pod: &Value) -> &str {
    match text(pod, &["spec", "serviceAccountName"]) {
        "" => "default",
        name => name,
    }
}

/// Whether the pod's account exists. Checked where accounts are furnished by the cluster.
///
/// # Errors
/// 403 if it does not.
pub(crate) fn admit(
    server: &ApiServer,
    state: &State,
    resource: &Resource,
    pod: &Value,
) -> Result<(), Status> {
    if server.config().cluster_ca.is_none() || !resource.is("", "Pod") {
        return Ok(());
    }
    let (namespace, account) = (object::namespace(pod), account_of(pod));
    if state
        .store
        .get(&SERVICE_ACCOUNTS, &Key::new(namespace, account))
        .is_some()
    {
        return Ok(());
    }
    let why = format!(
        "error looking up service account {namespace}/{account}: serviceaccount {account:?} not found"
    );
    Err(Status::forbidden(resource, object::name(pod), &why))
}

/// Names the account and mounts its token, where accounts are furnished by the cluster; says
/// whether it was such an object.
pub(crate) fn complete(
    server: &ApiServer,
    state: &State,
    resource: &Resource,
    pod: &mut Value,
) -> bool {
    if server.config().cluster_ca.is_none() || !resource.is("", "Pod") {
        return false;
    }
    let account = account_of(pod).to_owned();
    pod["spec"]["serviceAccountName"] = account.as_str().into();
    let key = Key::new(object::namespace(pod), &account);
    let found = state.store.get(&SERVICE_ACCOUNTS, &key);
    let secrets = found
        .map(|account| list(account, &["imagePullSecrets"]))
        .unwrap_or_default();
    if !secrets.is_empty() && list(pod, &["spec", "imagePullSecrets"]).is_empty() {
        pod["spec"]["imagePullSecrets"] = secrets.to_vec().into();
    }
    if mounts(pod, found.map(|a| &***a)) {
        mount(server, pod);
    }
    true
}

fn mounts(pod: &Value, account: Option<&Value>) -> bool {
    let of_pod = pod["spec"]["automountServiceAccountToken"].as_bool();
    of_pod
        .or_else(|| account?["automountServiceAccountToken"].as_bool())
        .unwrap_or(true)
}

fn mount(server: &ApiServer, pod: &mut Value) {
    let key = Key::new(object::namespace(pod), object::name(pod));
    let suffix = server.seed().suffix(&PODS, &key, 0);
    let volume = format!("kube-api-access-{suffix}");
    let mut mounted = false;
    for field in ["initContainers", "containers"] {
        for container in object::items_mut(pod, &["spec", field]) {
            let has = list(container, &["volumeMounts"])
                .iter()
                .any(|m| text(m, &["mountPath"]) == MOUNT);
            if !has {
                mounted = true;
                push(
                    container,
                    "volumeMounts",
                    Value::from_iter([
                        ("name", Value::from(volume.as_str())),
                        ("readOnly", true.into()),
                        ("mountPath", MOUNT.into()),
                    ]),
                );
            }
        }
    }
    if mounted {
        push(&mut pod["spec"], "volumes", projected(&volume));
    }
}

fn push(value: &mut Value, field: &str, item: Value) {
    match value[field].as_array_mut() {
        Some(items) => items.push(item),
        None => value[field] = vec![item].into(),
    }
}

fn projected(name: &str) -> Value {
    /// The same for every pod, so that all of them share it.
    static SOURCES: LazyLock<Value> = LazyLock::new(|| {
        json!({"defaultMode": 420, "sources": [
            {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
            {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
            {"downwardAPI": {"items": [{"path": "namespace",
                "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}]}},
        ]})
    });
    Value::from_iter([("name", Value::from(name)), ("projected", SOURCES.clone())])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Clock, Config, defaults, resource::Gvr, schema};

    /// Pods are not read again after this plug-in.
    #[test]
    fn a_completed_pod_is_in_the_shape_of_pods() {
        let epoch = "2026-01-01T00:00:00Z".parse().unwrap();
        let mut config = Config::new("a", 1, Clock::starting_at(epoch));
        config.cluster_ca = Some("a certificate".to_owned());
        let server = ApiServer::new(config);
        let pods = server.read(|state| state.catalogue.find(&Gvr::core("pods")));
        let pods = pods.unwrap();
        let mut pod = json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"namespace": "default", "name": "a"},
            "spec": {"containers": [{"name": "a", "image": "b"}]}});
        let completed = server.read(|state| complete(&server, state, &pods, &mut pod));
        assert!(completed && list(&pod, &["spec", "volumes"]).len() == 1);
        defaults::apply(&pods, &mut pod);
        let mut read = schema::decode(&pods.shape, pod.clone()).ok().unwrap();
        read.object["metadata"] = pod["metadata"].clone();
        read.object["spec"]["containers"][0]["resources"] = Value::Null;
        pod["spec"]["containers"][0]["resources"] = Value::Null;
        assert_eq!(read.object["spec"], pod["spec"]);
        assert_eq!(read.unknown, [""; 0]);
    }
}
