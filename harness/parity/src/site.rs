//! What a fact can be asked of: any server that a Kubernetes client reaches.

use std::sync::Arc;

use anyhow::Result;
use futures::future::BoxFuture;
use kube::Client;
use serde_json::Value;

/// An admission webhook: from an AdmissionReview with a request to the body of the answer.
pub type Hook = Arc<dyn Fn(&Value) -> Value + Send + Sync>;

/// One API server under test, real or simulated.
pub trait Site: Send + Sync {
    /// A client of a member of `system:masters`.
    fn admin(&self) -> Client;

    /// A client without credentials; facts add their own headers.
    fn anonymous(&self) -> Client;

    /// Forgets every version of every object but the latest.
    fn compact(&self) -> BoxFuture<'_, Result<()>>;

    /// Serves `hook` for the rest of the site's life; the answer is the `clientConfig` that a
    /// webhook configuration must carry to reach it.
    fn serve(&self, hook: Hook) -> BoxFuture<'_, Result<Value>>;
}
