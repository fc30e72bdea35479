//! Namespaces: what may be created in them, what they contain from the start, how they end.

use crate::{
    bootstrap,
    json::{Value, json},
    object,
    resource::{Gvr, Resource},
    server::{ApiServer, State},
    status::{Cause, Status},
    store::Key,
    tables::NAMESPACES,
};

/// Namespaces without which a cluster cannot be.
const IMMORTAL: [&str; 3] = ["default", "kube-system", "kube-public"];

/// Whether an object may be created in a namespace.
///
/// # Errors
/// 404 if the namespace does not exist, 403 if it is ending.
pub(crate) fn admit_create(
    state: &State,
    resource: &Resource,
    object: &Value,
) -> Result<(), Status> {
    let namespace = object::namespace(object);
    if !resource.namespaced || resource.gvr.resource.ends_with("accessreviews") {
        return Ok(());
    }
    let Some(found) = state.store.get(&NAMESPACES, &Key::new("", namespace)) else {
        let message = format!("namespaces \"{namespace}\" not found");
        let details = crate::status::Details {
            name: namespace.to_owned(),
            kind: "namespaces".to_owned(),
            ..Default::default()
        };
        return Err(Status::new(404, "NotFound", message).with(details));
    };
    if found["status"]["phase"] != "Terminating" {
        return Ok(());
    }
    let why = format!(
        "unable to create new content in namespace {namespace} because it is being terminated"
    );
    let cause = Cause {
        reason: "NamespaceTerminating",
        message: format!("namespace {namespace} is being terminated"),
        field: "metadata.namespace".to_owned(),
    };
    Err(Status::forbidden(resource, object::name(object), &why).with_causes(vec![cause]))
}

/// Whether a namespace may be deleted.
///
/// # Errors
/// 403 for the namespaces without which a cluster cannot be.
pub(crate) fn admit_delete(resource: &Resource, name: &str) -> Result<(), Status> {
    if resource.is("", "Namespace") && IMMORTAL.contains(&name) {
        return Err(Status::forbidden(
            resource,
            name,
            "this namespace may not be deleted",
        ));
    }
    Ok(())
}

/// What kube-controller-manager puts into every namespace, if the cluster has an authority.
pub(crate) fn furnish(server: &ApiServer, namespace: &str) {
    let Some(root) = root_certificate(server, namespace) else {
        return;
    };
    let account = json!({"apiVersion": "v1", "kind": "ServiceAccount",
        "metadata": {"name": "default", "namespace": namespace}});
    bootstrap::put(server, &Gvr::core("serviceaccounts"), account);
    bootstrap::put(server, &Gvr::core("configmaps"), root);
}

/// The ConfigMap by which pods of a namespace know the server, if the cluster has an authority.
pub(crate) fn root_certificate(server: &ApiServer, namespace: &str) -> Option<Value> {
    let ca = server.config().cluster_ca.as_deref()?;
    Some(json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {
            "name": "kube-root-ca.crt", "namespace": namespace,
            "annotations": {"kubernetes.io/description": ABOUT_THE_ROOT},
        },
        "data": {"ca.crt": ca},
    }))
}

/// Source: the description that kube-controller-manager writes.
const ABOUT_THE_ROOT: &str = "Contains a CA bundle that can be used to verify the kube-apiserver \
    when using internal endpoints such as the internal service IP or kubernetes.default.svc. No \
    other usage is guaranteed across distributions of Kubernetes clusters.";

/// Whether a namespace that is being deleted has nothing left to wait for.
pub(crate) fn is_finalized(object: &Value) -> bool {
    object::list(object, &["spec", "finalizers"]).is_empty()
}
