//! Server-side apply of plain objects, in an order in which they find what they need.

use futures::{StreamExt, TryStreamExt, stream};
use kube::{
    api::{Patch, PatchParams},
    core::Request,
};
use serde_json::Value;

use crate::{Deadline, Error, Kinds, ObjectRef, Result, condition, error::Attempt, wait};

/// How objects are applied to one cluster: by one field manager, reporting conflicts unless told
/// to take fields over.
#[derive(Clone)]
pub struct Apply {
    kinds: Kinds,
    manager: String,
    force: bool,
}

impl Apply {
    /// Applies as the field manager `manager`.
    pub fn new(kinds: Kinds, manager: impl Into<String>) -> Self {
        Self {
            kinds,
            manager: manager.into(),
            force: false,
        }
    }

    /// Takes fields over that belong to other managers instead of reporting a conflict.
    #[must_use]
    pub fn force(mut self) -> Self {
        self.force = true;
        self
    }

    /// Applies `objects`: definitions and namespaces first, webhooks last, objects of one rank
    /// in the order given and a few at a time. Custom resource definitions are awaited to be
    /// established before anything that may need them. Returns what was applied, in that order.
    ///
    /// # Errors
    /// The first object that was not accepted; the ones before it stay applied.
    pub async fn all(&self, objects: &[Value], deadline: Deadline) -> Result<Vec<ObjectRef>> {
        let mut applied = Vec::with_capacity(objects.len());
        for rank in in_ranks(objects)? {
            let done = deadline.bound("applying objects", self.rank(&rank)).await?;
            self.await_definitions(&done, deadline).await?;
            applied.extend(done);
        }
        Ok(applied)
    }

    /// Applies one object.
    ///
    /// # Errors
    /// [`Error::Conflict`] if another manager owns a field, [`Error::UnknownKind`],
    /// [`Error::Api`] with the server's words, or [`Error::Unreachable`].
    pub async fn one(&self, object: &Value) -> Result<ObjectRef> {
        self.put(ObjectRef::of(object, 0)?, object).await
    }

    async fn rank(&self, rank: &[(ObjectRef, &Value)]) -> Result<Vec<ObjectRef>> {
        /// Enough to hide a network's latency, few enough not to be throttled.
        const AT_A_TIME: usize = 8;
        stream::iter(rank.iter().map(|(r, object)| self.put(r.clone(), object)))
            .buffered(AT_A_TIME)
            .try_collect()
            .await
    }

    /// Nobody looks at the answer: the smallest one is asked for, and not read.
    async fn put(&self, object: ObjectRef, value: &Value) -> Result<ObjectRef> {
        let api = self.kinds.api(&object).await?;
        let attempt = Attempt {
            action: "apply",
            object: &object,
            cluster: self.kinds.cluster(),
        };
        let params = PatchParams {
            force: self.force,
            ..PatchParams::apply(&self.manager)
        };
        let request = Request::new(api.resource_url())
            .patch_metadata(&object.name, &params, &Patch::Apply(value))
            .map_err(|error| attempt.failed(kube::Error::BuildRequest(error)))?;
        let answer = self.kinds.client().request_text(request).await;
        answer.map_err(|error| attempt.failed(error))?;
        tracing::debug!(cluster = self.kinds.cluster(), %object, "applied");
        Ok(object)
    }

    async fn await_definitions(&self, applied: &[ObjectRef], deadline: Deadline) -> Result<()> {
        let definitions = applied
            .iter()
            .filter(|object| object.kind == "CustomResourceDefinition")
            .map(|object| (object.clone(), condition::ready(&object.kind)));
        wait::all(&self.kinds, definitions, deadline).await
    }
}

/// Ranks in their order, each with its objects in the order given.
fn in_ranks(objects: &[Value]) -> Result<Vec<Vec<(ObjectRef, &Value)>>> {
    let mut ranks = vec![Vec::new(); LAST_RANK + 1];
    for (index, value) in objects.iter().enumerate() {
        let object = ObjectRef::of(value, index)?;
        ranks[rank(&object.kind)].push((object, value));
    }
    Ok(ranks)
}

const LAST_RANK: usize = 6;

/// What others refer to comes first (Helm's install order, coarsened); webhooks come last, so
/// that they do not stand in the way of the objects they are made of.
fn rank(kind: &str) -> usize {
    match kind {
        "CustomResourceDefinition" | "Namespace" => 0,
        "ServiceAccount" | "Secret" | "ConfigMap" | "ClusterRole" | "Role" => 1,
        "ClusterRoleBinding" | "RoleBinding" => 2,
        "Service" | "Endpoints" | "EndpointSlice" => 3,
        "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration" => LAST_RANK,
        "Deployment" | "StatefulSet" | "DaemonSet" | "Job" | "Pod" | "ReplicaSet" => 4,
        _ => 5,
    }
}

/// Whether an error says that another manager owns a field.
pub fn is_conflict(error: &Error) -> bool {
    matches!(error, Error::Conflict { .. })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn definitions_and_namespaces_come_first_and_webhooks_last() {
        let of = |kind: &str| json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": "a"}});
        let given = [
            of("MutatingWebhookConfiguration"),
            of("Deployment"),
            of("Gateway"),
            of("ServiceAccount"),
            of("Namespace"),
        ];
        let ranked = in_ranks(&given).unwrap();
        let kinds: Vec<_> = ranked
            .iter()
            .flatten()
            .map(|(r, _)| r.kind.as_str())
            .collect();
        assert_eq!(
            kinds,
            [
                "Namespace",
                "ServiceAccount",
                "Deployment",
                "Gateway",
                "MutatingWebhookConfiguration"
            ]
        );
    }
}
