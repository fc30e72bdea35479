//! What the server calls out to: webhooks, the kubelet's verbs, other authenticators. The engine
//! plugs these in; without them the server refuses by name.

use std::{fmt, sync::Arc};

use futures::future::BoxFuture;

use crate::{
    admission::{WebhookCall, WebhookError},
    auth::User,
    json::Value,
    request::Request,
    response::Response,
    status::Status,
    typed::Object,
};

/// Carries admission reviews to webhooks, over whatever network the engine has.
pub trait WebhookTransport: Send + Sync {
    /// Sends one `AdmissionReview` and returns the review that came back.
    ///
    /// # Errors
    /// If no review came back; the webhook's `failurePolicy` then decides.
    fn review(&self, call: WebhookCall) -> BoxFuture<'_, Result<Value, WebhookError>>;
}

/// Answers sub-resources that only a kubelet can: `exec`, `attach`, `portforward`, `log`, `proxy`.
pub trait KubeletHandler: Send + Sync {
    /// Answers a request that was authenticated and authorised, for a pod that exists.
    ///
    /// # Errors
    /// Whatever the kubelet refuses.
    fn handle(&self, request: Request, pod: Arc<Object>)
    -> BoxFuture<'_, Result<Response, Status>>;
}

/// Recognises credentials beyond the cluster's own service-account tokens.
pub trait Authenticator: Send + Sync {
    /// The user that a bearer token belongs to; `None` if it is not known here.
    fn token(&self, token: &str) -> Option<User>;

    /// The user that a verified chain of client certificates (DER, leaf first) names; `None` if
    /// the chain does not lead to the cluster's client certificate authority.
    fn certificate(&self, chain: &[Vec<u8>]) -> Option<User>;
}

/// Everything the server calls out to.
#[derive(Clone, Default)]
pub struct Handlers {
    /// The way to webhooks; without it every webhook fails to be reached.
    pub webhooks: Option<Arc<dyn WebhookTransport>>,
    /// The kubelets.
    pub kubelet: Option<Arc<dyn KubeletHandler>>,
    /// Further authenticators.
    pub authenticator: Option<Arc<dyn Authenticator>>,
}

impl fmt::Debug for Handlers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handlers")
            .field("webhooks", &self.webhooks.is_some())
            .field("kubelet", &self.kubelet.is_some())
            .field("authenticator", &self.authenticator.is_some())
            .finish()
    }
}
