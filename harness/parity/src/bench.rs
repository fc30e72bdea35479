//! The bench a fact works at: a namespace of its own and plain HTTP towards the server.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use http::Method;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::ask::Ask;
use crate::site::{Hook, Site};
use crate::watch::Watch;

/// How long a fact waits for anything that the server owes it.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// How often a condition is looked at that no watch can announce.
const PACE: Duration = Duration::from_millis(50);

/// One server, and a namespace in it that no other fact uses.
pub struct Bench {
    site: Arc<dyn Site>,
    namespace: String,
}

impl Bench {
    /// Creates the namespace and the service account that pods in it need.
    ///
    /// # Errors
    /// When the server refuses either.
    pub async fn new(site: Arc<dyn Site>, namespace: &str) -> Result<Self> {
        let bench = Self {
            site,
            namespace: namespace.to_owned(),
        };
        let named =
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}});
        bench.post("/api/v1/namespaces", &named).await?.ok(201)?;
        // Where controllers run they make this account too; whoever comes first is fine.
        let account = json!({"apiVersion": "v1", "kind": "ServiceAccount",
            "metadata": {"name": "default"}});
        let answer = bench.post("serviceaccounts", &account).await?;
        if answer.code != 409 {
            answer.ok(201).context("the default service account")?;
        }
        Ok(bench)
    }

    /// Removes the namespace; what it held goes with it where controllers run.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn close(self) -> Result<()> {
        self.delete(&format!("/api/v1/namespaces/{}", self.namespace))
            .await
            .map(drop)
    }

    /// The fact's own namespace.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// A name for a cluster-scoped object of this fact.
    #[must_use]
    pub fn unique(&self, name: &str) -> String {
        format!("{}-{name}", self.namespace)
    }

    /// A typed client with every right.
    #[must_use]
    pub fn client(&self) -> kube::Client {
        self.site.admin()
    }

    /// The absolute path of `path`: as it is if it starts with `/`, else `resource…` of the own
    /// namespace in the group that the resource belongs to.
    #[must_use]
    pub fn path(&self, path: &str) -> String {
        if path.starts_with('/') {
            return path.to_owned();
        }
        let resource = path.split(['/', '?']).next().unwrap_or(path);
        format!("{}/namespaces/{}/{path}", group(resource), self.namespace)
    }

    /// A request by the administrator.
    #[must_use]
    pub fn ask(&self, method: Method, path: &str) -> Ask {
        Ask::new(self.site.admin(), method, &self.path(path))
    }

    /// A request without credentials; [`Ask::bearer`] adds some.
    #[must_use]
    pub fn stranger(&self, method: Method, path: &str) -> Ask {
        Ask::new(self.site.anonymous(), method, &self.path(path))
    }

    /// GET.
    #[must_use]
    pub fn get(&self, path: &str) -> Ask {
        self.ask(Method::GET, path)
    }

    /// POST of a JSON body.
    #[must_use]
    pub fn post(&self, path: &str, body: &Value) -> Ask {
        self.ask(Method::POST, path).json(body)
    }

    /// PUT of a JSON body.
    #[must_use]
    pub fn put(&self, path: &str, body: &Value) -> Ask {
        self.ask(Method::PUT, path).json(body)
    }

    /// DELETE without options.
    #[must_use]
    pub fn delete(&self, path: &str) -> Ask {
        self.ask(Method::DELETE, path)
    }

    /// DELETE with a `DeleteOptions` body.
    #[must_use]
    pub fn delete_with(&self, path: &str, options: &Value) -> Ask {
        self.delete(path).json(options)
    }

    /// A JSON merge patch (RFC 7386).
    #[must_use]
    pub fn merge(&self, path: &str, patch: &Value) -> Ask {
        let ask = self.ask(Method::PATCH, path);
        ask.body("application/merge-patch+json", patch.to_string())
    }

    /// A JSON patch (RFC 6902).
    #[must_use]
    pub fn json_patch(&self, path: &str, patch: &Value) -> Ask {
        let ask = self.ask(Method::PATCH, path);
        ask.body("application/json-patch+json", patch.to_string())
    }

    /// A strategic merge patch.
    #[must_use]
    pub fn strategic(&self, path: &str, patch: &Value) -> Ask {
        let ask = self.ask(Method::PATCH, path);
        ask.body("application/strategic-merge-patch+json", patch.to_string())
    }

    /// A server-side apply; `path` carries `fieldManager`.
    #[must_use]
    pub fn apply(&self, path: &str, object: &Value) -> Ask {
        let ask = self.ask(Method::PATCH, path);
        ask.body("application/apply-patch+yaml", object.to_string())
    }

    /// Opens a watch; `path` carries the query without `watch=true`.
    ///
    /// # Errors
    /// When the server does not answer 200.
    pub async fn watch(&self, path: &str) -> Result<Watch> {
        let separator = if path.contains('?') { '&' } else { '?' };
        self.get(&format!("{path}{separator}watch=true"))
            .watch()
            .await
    }

    /// Forgets all old versions, as the storage does every few minutes.
    ///
    /// # Errors
    /// When the storage refuses.
    pub async fn compact(&self) -> Result<()> {
        self.site.compact().await
    }

    /// Serves an admission webhook and gives the `clientConfig` that reaches it.
    ///
    /// # Errors
    /// When the server cannot be started.
    pub async fn serve(&self, hook: Hook) -> Result<Value> {
        self.site.serve(hook).await
    }

    /// Looks again and again until `look` finds what it wants.
    ///
    /// # Errors
    /// When that takes longer than [`PATIENCE`]; the last refusal is the cause.
    pub async fn eventually<T>(&self, look: impl AsyncFn() -> Result<T>) -> Result<T> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match look().await {
                Ok(found) => return Ok(found),
                Err(missing) if Instant::now() > deadline => return Err(missing),
                Err(_) => sleep(PACE).await,
            }
        }
    }
}

/// The group and version that serve a namespaced resource.
fn group(resource: &str) -> &'static str {
    match resource {
        "deployments" | "replicasets" | "statefulsets" | "daemonsets" => "/apis/apps/v1",
        "jobs" | "cronjobs" => "/apis/batch/v1",
        "endpointslices" => "/apis/discovery.k8s.io/v1",
        "roles" | "rolebindings" => "/apis/rbac.authorization.k8s.io/v1",
        "poddisruptionbudgets" => "/apis/policy/v1",
        "horizontalpodautoscalers" => "/apis/autoscaling/v2",
        "networkpolicies" | "ingresses" => "/apis/networking.k8s.io/v1",
        "leases" => "/apis/coordination.k8s.io/v1",
        "localsubjectaccessreviews" => "/apis/authorization.k8s.io/v1",
        _ => "/api/v1",
    }
}
