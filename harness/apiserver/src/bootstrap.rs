//! The objects that a fresh cluster has before anybody applies any.

use std::sync::LazyLock;

use crate::{
    apply::Owners,
    json::{Value, json},
    lifecycle, object,
    resource::Gvr,
    server::ApiServer,
};

const NAMESPACES: [&str; 4] = ["kube-system", "default", "kube-public", "kube-node-lease"];

/// Installs namespaces, roles, priority classes and the `kubernetes` Service.
pub(crate) fn install(server: &ApiServer) {
    for name in NAMESPACES {
        put(
            server,
            &Gvr::core("namespaces"),
            json!({"apiVersion": "v1", "kind": "Namespace",
            "metadata": {"name": name, "labels": {"kubernetes.io/metadata.name": name}},
            "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}}),
        );
        lifecycle::namespace::furnish(server, name);
    }
    for fact in FACTS.iter() {
        put(server, &resource(fact), fact.clone());
    }
    put(server, &Gvr::core("services"), kubernetes_service(server));
}

/// Reads what stands in every server from the beginning.
pub(crate) fn prepare() {
    LazyLock::force(&FACTS);
}

static FACTS: LazyLock<Vec<Value>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../facts/bootstrap.json"))
        .expect("the facts are well-formed")
});

/// Where a fact is served.
fn resource(fact: &Value) -> Gvr {
    let kind = object::text(fact, &["kind"]).to_lowercase();
    let plural = match kind.ends_with("class") {
        true => kind + "es",
        false => kind + "s",
    };
    let group = object::text(fact, &["apiVersion"]).split('/').next();
    Gvr::new(group.unwrap_or_default(), "v1", &plural)
}

fn kubernetes_service(server: &ApiServer) -> Value {
    let first = server
        .config()
        .service_cidr
        .hosts()
        .next()
        .expect("a range of Services has an address");
    json!({"apiVersion": "v1", "kind": "Service",
        "metadata": {"name": "kubernetes", "namespace": "default",
            "labels": {"component": "apiserver", "provider": "kubernetes"}},
        "spec": {"clusterIP": first, "clusterIPs": [first], "type": "ClusterIP",
            "internalTrafficPolicy": "Cluster", "ipFamilies": ["IPv4"],
            "ipFamilyPolicy": "SingleStack", "sessionAffinity": "None",
            "ports": [{"name": "https", "port": 443, "protocol": "TCP", "targetPort": 6443}]},
        "status": {"loadBalancer": {}}})
}

/// Stores an object as it is, with its system metadata, past every check.
pub(crate) fn put(server: &ApiServer, gvr: &Gvr, mut object: Value) {
    server.write(|state| {
        let Ok(resource) = state.catalogue.find(gvr) else {
            return;
        };
        lifecycle::create::stamp(server, state, &resource, &mut object);
        let (table, key) = (resource.table(), object::key(&object));
        state.store.put(table, key, object, Owners::default());
    });
}
