//! Which requests are sent: every read, and writes in namespaces that were made for this run.
//!
//! It stands below the client, where requests are made, so that no mistake above it can reach anything
//! else: what is refused here never leaves this process.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    task::{self, Poll},
};

use futures::future::{BoxFuture, FutureExt as _};
use http::{Method, Request};
use tower::{BoxError, Layer, Service};

/// The namespaces of a cluster that were made for this run.
#[derive(Debug, Clone, Default)]
pub struct Claimed(Arc<Mutex<BTreeSet<String>>>);

impl Claimed {
    /// Adds a namespace.
    pub(crate) fn add(&self, namespace: &str) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(namespace.to_owned());
    }

    fn holds(&self, namespace: &str) -> bool {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.contains(namespace)
    }
}

/// A request that is not sent.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{method} {path} was not sent: it is outside the namespaces of this run")]
pub struct Refused {
    method: String,
    path: String,
}

/// Subresources of pods that do things, although some are asked for by GET.
const ACTING: [&str; 4] = ["exec", "attach", "portforward", "proxy"];

/// What may be run in pods of others: istiod's own question about itself, which changes nothing.
const ASKING_ISTIOD: &str = "command=pilot-discovery&command=request&command=GET&";

/// Whether a request may be sent.
///
/// # Errors
/// [`Refused`], which names it.
pub fn judge(method: &Method, path: &str, query: &str, claimed: &Claimed) -> Result<(), Refused> {
    let ours = namespace(path).is_some_and(|name| claimed.holds(name));
    let acts = path.rsplit('/').any(|part| ACTING.contains(&part));
    let reads = (method == Method::GET || method == Method::HEAD) && !acts;
    match ours || reads || (acts && asks_istiod(path, query)) {
        true => Ok(()),
        false => Err(Refused {
            method: method.to_string(),
            path: path.to_owned(),
        }),
    }
}

fn asks_istiod(path: &str, query: &str) -> bool {
    let commands = query.split_once("command=").map(|(_, rest)| rest);
    let commands = commands.map(|rest| format!("command={rest}"));
    path.ends_with("/exec") && commands.is_some_and(|all| all.starts_with(ASKING_ISTIOD))
}

/// The namespace that a path is in: of its object, or the namespace itself.
fn namespace(path: &str) -> Option<&str> {
    let mut parts = path.split('/');
    parts.find(|part| *part == "namespaces")?;
    parts.next().filter(|name| !name.is_empty())
}

/// Puts the guard below a client.
#[derive(Debug, Clone)]
pub(crate) struct Guard(pub(crate) Claimed);

impl<S> Layer<S> for Guard {
    type Service = Guarded<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Guarded {
            inner,
            claimed: self.0.clone(),
        }
    }
}

/// A service behind the guard.
#[derive(Debug, Clone)]
pub(crate) struct Guarded<S> {
    inner: S,
    claimed: Claimed,
}

impl<S, B> Service<Request<B>> for Guarded<S>
where
    S: Service<Request<B>>,
    S::Error: Into<BoxError>,
    S::Future: Send + 'static,
    S::Response: Send + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<S::Response, BoxError>>;

    fn poll_ready(&mut self, context: &mut task::Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let uri = request.uri();
        let query = uri.query().unwrap_or_default();
        match judge(request.method(), uri.path(), query, &self.claimed) {
            Ok(()) => {
                let sent = self.inner.call(request);
                async move { sent.await.map_err(Into::into) }.boxed()
            }
            Err(refused) => async move { Err(refused.into()) }.boxed(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(method: Method, path: &str, query: &str) -> bool {
        let claimed = Claimed::default();
        claimed.add("sample");
        judge(&method, path, query, &claimed).is_ok()
    }

    #[test]
    fn reads_are_sent_wherever_they_go() {
        assert!(sent(Method::GET, "/api/v1/pods", ""));
        assert!(sent(
            Method::GET,
            "/api/v1/namespaces/istio-system/services/istiod",
            ""
        ));
    }

    #[test]
    fn writes_are_sent_into_namespaces_of_the_run_only() {
        let own = "/apis/apps/v1/namespaces/sample/deployments/sleep";
        let istiod = "/apis/apps/v1/namespaces/istio-system/deployments/istiod";
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            assert!(sent(method.clone(), own, ""), "{method}");
            assert!(!sent(method.clone(), istiod, ""), "{method}");
        }
        assert!(sent(Method::PATCH, "/api/v1/namespaces/sample", ""));
        assert!(!sent(Method::PATCH, "/api/v1/namespaces/default", ""));
    }

    #[test]
    fn what_belongs_to_no_namespace_is_not_written() {
        let webhooks = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/a";
        assert!(!sent(Method::PATCH, webhooks, ""));
        assert!(!sent(Method::POST, "/api/v1/namespaces", ""));
        assert!(!sent(Method::DELETE, "/api/v1/nodes/namespaces", ""));
    }

    #[test]
    fn commands_run_in_pods_of_the_run_and_istiod_is_only_asked() {
        let own = "/api/v1/namespaces/sample/pods/sleep/exec";
        let istiod = "/api/v1/namespaces/istio-system/pods/istiod/exec";
        let asks = "container=discovery&command=pilot-discovery&command=request&command=GET&command=%2Fdebug%2Fclusterz";
        assert!(sent(Method::GET, own, "command=sh"));
        assert!(sent(Method::GET, istiod, asks));
        assert!(!sent(Method::GET, istiod, "command=sh"));
        assert!(!sent(
            Method::GET,
            istiod,
            "command=sh&command=pilot-discovery&command=request&command=GET&"
        ));
        assert!(!sent(
            Method::GET,
            "/api/v1/namespaces/x/services/a/proxy/b",
            asks
        ));
    }
}
