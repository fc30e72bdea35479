//! EndpointSlices: the addresses behind each Service that has a selector.
//!
//! Reading order: [`selection`] (which pods), [`draft`] (what is said of them), this file (who
//! writes it).

mod draft;
mod selection;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use apiserver::{
    Status,
    json::{Value, json},
};
use futures::{FutureExt, future::BoxFuture};
use k8s_openapi::api::{core::v1::Service, discovery::v1::EndpointSlice};

use self::{
    draft::{Draft, drafts},
    selection::{is_behind, is_left_alone, same_to_services},
};
use super::{Backoff, Controller, INSTANT, Next, Reconciled, owner};
use crate::cluster::{Api, Change, Key, Tables};

const SERVICE_LABEL: &str = "kubernetes.io/service-name";
const MANAGED_BY: &str = "endpointslice.kubernetes.io/managed-by";
const MANAGER: &str = "endpointslice-controller.k8s.io";
const HEADLESS: &str = "service.kubernetes.io/headless";

/// Keeps the slices of Services.
pub(crate) struct EndpointSlices {
    api: Api,
}

impl EndpointSlices {
    pub(crate) fn new(api: &Api) -> Self {
        Self {
            api: api.named("endpointslice-controller"),
        }
    }

    async fn sync(&self, key: &Key) -> Reconciled {
        let service = self.api.view().get::<Service>(key);
        let service = service.filter(|s| s.metadata.deletion_timestamp.is_none());
        let drafts = match &service {
            Some(service) if is_left_alone(service) => return Ok(Next::Change),
            Some(service) => self.api.view().read(|tables| drafts(service, tables)),
            None => Vec::new(),
        };
        let mut existing = self.slices(key).into_iter();
        for draft in drafts {
            let service = service.as_deref().expect("only a Service has drafts");
            self.put(service, existing.next(), draft).await?;
        }
        for surplus in existing {
            self.api
                .delete::<EndpointSlice>(&Key::of(&surplus.metadata))
                .await?;
        }
        Ok(Next::Change)
    }

    fn slices(&self, key: &Key) -> Vec<Arc<EndpointSlice>> {
        let ours = |slice: &&Arc<EndpointSlice>| service_of(slice) == Some(key.name.as_str());
        self.api.view().read(|tables| {
            tables
                .slices
                .within(&key.namespace)
                .filter(ours)
                .cloned()
                .collect()
        })
    }

    async fn put(
        &self,
        service: &Service,
        slice: Option<Arc<EndpointSlice>>,
        draft: Draft,
    ) -> Result<(), Status> {
        let Some(slice) = slice else {
            let slice = new_slice(service, draft);
            return self.api.create::<EndpointSlice>(slice).await.map(drop);
        };
        let wanted = wanted_labels(service);
        let labelled = owner::labels(&slice.metadata);
        if says(&slice, &draft) && *labelled == wanted {
            return Ok(());
        }
        let patch = Value::from_iter([
            ("metadata", json!({"labels": label_patch(wanted, labelled)})),
            ("ports", Value::of(&draft.ports)),
            ("endpoints", Value::of(&draft.endpoints)),
        ]);
        let key = Key::of(&slice.metadata);
        self.api.patch::<EndpointSlice>(&key, patch).await.map(drop)
    }
}

impl Controller for EndpointSlices {
    fn name(&self) -> &'static str {
        "endpointslice-controller"
    }

    fn affected(&self, change: &Change, tables: &Tables) -> Vec<Key> {
        match change {
            Change::Service(delta) => vec![delta.key.clone()],
            Change::Pod(delta) if !same_to_services(&delta.old, &delta.new) => {
                let pods = || [&delta.old, &delta.new].into_iter().flatten();
                let concerned = |service: &&Arc<Service>| pods().any(|pod| is_behind(service, pod));
                let services = tables
                    .services
                    .within(&delta.key.namespace)
                    .filter(concerned);
                services.map(|service| Key::of(&service.metadata)).collect()
            }
            Change::EndpointSlice(delta) => {
                let service = delta.either().and_then(|slice| service_of(slice));
                service
                    .map(|name| Key::new(delta.key.namespace.clone(), name))
                    .into_iter()
                    .collect()
            }
            _ => Vec::new(),
        }
    }

    fn patience(&self, _: &Change) -> Duration {
        INSTANT
    }

    /// Source: the endpoint slice controller's `defaultSyncBackOff` and `maxSyncBackOff`.
    fn backoff(&self) -> Backoff {
        Backoff {
            first: Duration::from_secs(1),
            longest: Duration::from_secs(1000),
        }
    }

    fn reconcile<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Reconciled> {
        self.sync(key).boxed()
    }
}

/// The Service that a slice of ours is of.
fn service_of(slice: &EndpointSlice) -> Option<&str> {
    let labels = owner::labels(&slice.metadata);
    let ours = labels.get(MANAGED_BY).is_some_and(|by| by == MANAGER);
    let name = labels.get(SERVICE_LABEL).filter(|_| ours)?;
    Some(name)
}

/// Whether a slice says what it should already; one without endpoints or ports may say so by
/// leaving them out.
fn says(slice: &EndpointSlice, draft: &Draft) -> bool {
    let endpoints = slice.endpoints.as_deref().unwrap_or_default();
    let ports = slice.ports.as_deref().unwrap_or_default();
    endpoints == draft.endpoints && ports == draft.ports.as_deref().unwrap_or_default()
}

/// The labels of a Service's slice: the Service's and those that say whose it is.
fn wanted_labels(service: &Service) -> BTreeMap<String, String> {
    let name = service.metadata.name.clone().unwrap_or_default();
    let mut labels = owner::labels(&service.metadata).clone();
    labels.insert(SERVICE_LABEL.to_owned(), name);
    labels.insert(MANAGED_BY.to_owned(), MANAGER.to_owned());
    let spec = service.spec.as_ref();
    if spec.and_then(|spec| spec.cluster_ip.as_deref()) == Some("None") {
        labels.insert(HEADLESS.to_owned(), String::new());
    }
    labels
}

/// What makes a slice's labels the wanted ones: those that it has beyond them are taken away.
fn label_patch(
    wanted: BTreeMap<String, String>,
    existing: &BTreeMap<String, String>,
) -> BTreeMap<String, Option<String>> {
    let lost = existing.keys().map(|label| (label.clone(), None));
    let kept = wanted
        .into_iter()
        .map(|(label, value)| (label, Some(value)));
    lost.chain(kept).collect()
}

fn new_slice(service: &Service, draft: Draft) -> Value {
    let name = service.metadata.name.as_deref().unwrap_or_default();
    json!({
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
        "metadata": {
            "namespace": service.metadata.namespace,
            "generateName": format!("{name}-"),
            "labels": wanted_labels(service),
            "ownerReferences": [owner::reference(service)],
        },
        "addressType": "IPv4",
        "ports": draft.ports,
        "endpoints": draft.endpoints,
    })
}
