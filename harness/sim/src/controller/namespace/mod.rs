//! The end of a namespace: its pods are deleted, then everything else in it, and then it may go.
//!
//! Source: kube-controller-manager's namespace controller. Like that, it looks at a namespace five
//! seconds after each change of it, and while something is left at half the time that this is
//! expected to take: what goes earlier is not noticed earlier.

mod condition;
mod content;

use std::time::Duration;

use apiserver::{Clock, Status, json::json};
use futures::{FutureExt, future::BoxFuture};
use k8s_openapi::api::core::v1::Namespace;

use self::content::Left;
use super::{Controller, Next, Reconciled};
use crate::cluster::{Api, Change, Key, Tables};

/// How long a namespace rests after each change. Source: `namespaceDeletionGracePeriod`.
const REST: Duration = Duration::from_secs(5);

/// What holds every namespace until this controller has emptied it.
const OWN: &str = "kubernetes";

/// Ends namespaces.
pub(crate) struct Namespaces {
    api: Api,
    clock: Clock,
}

impl Namespaces {
    pub(crate) fn new(api: &Api, clock: Clock) -> Self {
        Self {
            api: api.named("namespace-controller"),
            clock,
        }
    }

    async fn sync(&self, key: &Key) -> Reconciled {
        let namespace = self.api.view().get::<Namespace>(key);
        let Some(namespace) = namespace.filter(|namespace| waits_for_us(namespace)) else {
            return Ok(Next::Change);
        };
        let left = self.empty(&key.name, age(&namespace, &self.clock)).await?;
        self.report(&namespace, &left).await?;
        if let Some(failure) = left.failures.first() {
            return Err(Status::internal(failure));
        }
        if let Some(estimate) = left.estimate() {
            return Ok(Next::After(estimate / 2 + Duration::from_secs(1)));
        }
        self.finalize(&namespace).await?;
        Ok(Next::Change)
    }

    async fn report(&self, namespace: &Namespace, left: &Left) -> Result<(), Status> {
        let status = namespace.status.as_ref();
        let known = status.and_then(|status| status.conditions.as_deref());
        let conditions = condition::updated(
            known.unwrap_or_default(),
            &left.troubles(),
            self.clock.now(),
        );
        let Some(conditions) = conditions else {
            return Ok(());
        };
        let key = Key::of(&namespace.metadata);
        let status = json!({"conditions": conditions});
        self.api
            .patch_status::<Namespace>(&key, status)
            .await
            .map(drop)
    }

    /// Takes Kubernetes' own hold from a namespace; others may have theirs.
    async fn finalize(&self, namespace: &Namespace) -> Result<(), Status> {
        let name = &namespace.metadata.name;
        let spec = namespace.spec.as_ref();
        let holds = spec.and_then(|spec| spec.finalizers.as_deref());
        let others = holds.unwrap_or_default().iter().filter(|one| *one != OWN);
        let others: Vec<_> = others.collect();
        let object = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name},
            "spec": {"finalizers": others}});
        self.api.finalize(object).await
    }
}

impl Controller for Namespaces {
    fn name(&self) -> &'static str {
        "namespace-controller"
    }

    fn affected(&self, change: &Change, _: &Tables) -> Vec<Key> {
        match change {
            Change::Namespace(delta) => vec![delta.key.clone()],
            _ => Vec::new(),
        }
    }

    fn patience(&self, _: &Change) -> Duration {
        REST
    }

    fn reconcile<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Reconciled> {
        self.sync(key).boxed()
    }
}

/// Whether a namespace is ending and has not been let go yet.
fn waits_for_us(namespace: &Namespace) -> bool {
    let spec = namespace.spec.as_ref();
    let holds = spec.and_then(|spec| spec.finalizers.as_deref());
    let held = holds.unwrap_or_default().iter().any(|one| one == OWN);
    namespace.metadata.deletion_timestamp.is_some() && held
}

/// How long a namespace has been ending.
fn age(namespace: &Namespace, clock: &Clock) -> Duration {
    let since = namespace.metadata.deletion_timestamp.as_ref();
    let since = since.map_or(clock.now(), |time| time.0);
    clock
        .now()
        .duration_since(since)
        .try_into()
        .unwrap_or_default()
}
