//! EndpointSlices: the addresses behind each Service that has a selector.
//!
//! Reading order: [`selection`] (which pods), [`draft`] (what is said of them), this file (who
//! writes it).

mod draft;
mod selection;

use std::{sync::Arc, time::Duration};

use apiserver::Status;
use futures::{FutureExt, future::BoxFuture};
use k8s_openapi::api::{core::v1::Service, discovery::v1::EndpointSlice};
use serde_json::{Value, json};

use self::{
    draft::{Draft, drafts},
    selection::{is_behind, is_left_alone, same_to_services},
};
use super::{Backoff, Controller, INSTANT, Next, Reconciled, merge, owner};
use crate::cluster::{Api, Change, Key, Tables};

const SERVICE_LABEL: &str = "kubernetes.io/service-name";
const MANAGED_BY: &str = "endpointslice.kubernetes.io/managed-by";
const MANAGER: &str = "endpointslice-controller.k8s.io";
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
        let ours = |slice: &&Arc<EndpointSlice>| service_of(slice) == Some(&key.name);
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
        let patch = Value::from_iter([
            ("metadata", json!({"labels": labels(service, &slice)})),
            ("ports", draft.ports),
            ("endpoints", draft.endpoints.into()),
        ]);
        if !changes(&slice, &patch) {
            return Ok(());
        }
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
                    .map(|name| Key::new(&delta.key.namespace, name))
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
fn service_of(slice: &EndpointSlice) -> Option<&String> {
    let labels = owner::labels(&slice.metadata);
    let ours = labels.get(MANAGED_BY).is_some_and(|by| by == MANAGER);
    labels.get(SERVICE_LABEL).filter(|_| ours)
}

/// Whether a patch says anything new; a slice without endpoints may say so by leaving them out.
fn changes(slice: &EndpointSlice, patch: &Value) -> bool {
    let mut object = json!(slice);
    for field in ["ports", "endpoints"] {
        if object[field].is_null() && patch[field] == json!([]) {
            object[field] = json!([]);
        }
    }
    merge::changes(&object, patch)
}

/// The labels of a Service's slice: the Service's and those that say whose it is. Of those that it
/// has already, the ones that the Service has lost are taken away.
fn labels(service: &Service, slice: &EndpointSlice) -> Value {
    let mut labels = wanted_labels(service);
    for label in owner::labels(&slice.metadata).keys() {
        if labels.get(label).is_none() {
            labels[label] = Value::Null;
        }
    }
    labels
}

fn wanted_labels(service: &Service) -> Value {
    let name = service.metadata.name.as_deref().unwrap_or_default();
    let mut labels = json!(owner::labels(&service.metadata));
    labels[SERVICE_LABEL] = name.into();
    labels[MANAGED_BY] = MANAGER.into();
    let spec = service.spec.as_ref();
    if spec.and_then(|spec| spec.cluster_ip.as_deref()) == Some("None") {
        labels["service.kubernetes.io/headless"] = "".into();
    }
    labels
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
