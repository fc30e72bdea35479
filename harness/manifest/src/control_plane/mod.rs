//! The objects of Istio's control plane in one cluster, as its charts would render them from the
//! same values: istiod itself, or what leads to one elsewhere.

mod deployment;
mod injector;
mod mesh_config;
mod operator;
mod rbac;
mod reader;
mod remote;
mod service;
mod shared;
mod validator;
mod webhook;

use serde_json::{Value, json};

use crate::{
    At, Await, Facts, ManifestError, Object,
    site::{Part, Site},
};

pub(crate) use mesh_config::mesh_config;
pub(crate) use operator::operator;
pub(crate) use rbac::service_account;
pub(crate) use reader::{READER, reader, token_secret, token_secret_name};
pub(crate) use shared::{needs as shared_needs, other_sources};
pub(crate) use webhook::of_tag;

/// Everything that the site's chart installs.
///
/// # Errors
/// If an address it holds is not known yet.
pub(crate) fn objects(site: &Site<'_>, facts: &Facts) -> Result<Vec<Object>, ManifestError> {
    let values = site.values(facts)?;
    let mut objects = Vec::new();
    if site.runs_istiod() || site.part == Part::ConfigCluster {
        objects.extend(rbac::istiod(site));
        objects.push(mesh_config::config_map(site, &values));
    }
    if site.runs_istiod() {
        objects.push(injector::config_map(site, &values));
        objects.push(service::istiod(site));
        objects.push(deployment::istiod(site, &values));
    } else {
        objects.extend(remote::service(site, facts)?);
    }
    match site.part {
        Part::Primary | Part::FrontDoor | Part::Remote => {
            objects.extend(webhook::injectors(site, &values));
        }
        Part::ConfigCluster => {
            objects.extend(webhook::injectors(site, &values));
            objects.push(validator::default(site));
        }
        // Its webhooks are in the clusters that it serves.
        Part::ExternalIstiod { .. } => {}
    }
    if matches!(
        site.part,
        Part::Primary | Part::FrontDoor | Part::ConfigCluster
    ) {
        objects.push(validator::of_revision(site));
    }
    Ok(objects)
}

/// That the site works: its istiod is there, and wrote what only a working istiod writes.
pub(crate) fn awaits(site: &Site<'_>) -> Vec<Await> {
    if !site.runs_istiod() {
        return Vec::new();
    }
    let name = site.revised("istiod");
    vec![Await::Available(At::new(
        site.cluster,
        site.namespace(),
        name,
    ))]
}

/// That an istiod elsewhere reached this cluster: its root certificate is in the namespaces here,
/// and its CA in the webhooks.
pub(crate) fn reached(site: &Site<'_>) -> Vec<Await> {
    let root = At::new(site.cluster, site.namespace(), "istio-ca-root-cert");
    vec![
        Await::ConfigMapKey {
            config_map: root,
            key: "root-cert.pem".to_owned(),
        },
        Await::CaBundle {
            cluster: site.cluster.clone(),
            webhooks: webhook::injector_name(site),
        },
    ]
}

/// The labels of istiod's Deployment and Service.
fn labels(site: &Site<'_>) -> Value {
    let mut labels = config_labels(site);
    labels["app"] = json!("istiod");
    labels["istio"] = json!("pilot");
    labels
}

/// The labels of its ConfigMaps.
fn config_labels(site: &Site<'_>) -> Value {
    json!({
        "app.kubernetes.io/name": "istiod",
        "app.kubernetes.io/part-of": "istio",
        "istio.io/rev": site.rev(),
        "operator.istio.io/component": "Pilot",
        "release": "istio",
    })
}
