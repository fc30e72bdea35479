//! The server: its state behind one lock, and the way of a request.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use crate::{
    auth::{self, Signer, User},
    bootstrap,
    catalogue::Catalogue,
    config::Config,
    handler::Handlers,
    http::HttpService,
    ident::{Lives, Seed},
    lifecycle,
    request::{Request, Verb},
    resource::Resource,
    response::Response,
    select::Selection,
    served::ApiResource,
    status::Status,
    store::Store,
    verb, watch,
};

/// A Kubernetes API server in memory. Clones are handles on the same server.
#[derive(Clone)]
pub struct ApiServer {
    inner: Arc<Inner>,
}

struct Inner {
    config: Config,
    seed: Seed,
    handlers: Handlers,
    signer: Signer,
    state: Mutex<State>,
}

/// Everything that requests change. It is never locked across an `await`.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) store: Store,
    pub(crate) catalogue: Catalogue,
    pub(crate) lives: Lives,
}

impl fmt::Debug for ApiServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiServer")
            .field("cluster", &self.inner.config.cluster)
            .finish_non_exhaustive()
    }
}

impl ApiServer {
    /// Starts a server with the objects that a fresh cluster has and no handlers: webhooks cannot
    /// be reached and `exec` and its like are refused by name.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self::with_handlers(config, Handlers::default())
    }

    /// Starts a server that calls out through these handlers.
    #[must_use]
    pub fn with_handlers(config: Config, handlers: Handlers) -> Self {
        let state = State {
            store: Store::new(config.watch_window),
            catalogue: Catalogue::builtin(),
            lives: Lives::default(),
        };
        let seed = Seed::new(config.seed, &config.cluster);
        let signer = Signer::new(&seed.digest(&["service-account-key"]));
        let inner = Inner {
            config,
            seed,
            handlers,
            signer,
            state: Mutex::new(state),
        };
        let server = Self {
            inner: Arc::new(inner),
        };
        bootstrap::install(&server);
        server
    }

    /// Reads the facts that all servers begin with. The first one does otherwise; whoever has a
    /// thread to spare need not keep it waiting.
    pub fn prepare() {
        drop(Catalogue::builtin());
        bootstrap::prepare();
    }

    /// What the server was started with.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.inner.config
    }

    /// A client for somebody who may do everything. The runtime must be entered: kube's client
    /// spawns a worker.
    #[must_use]
    pub fn client(&self) -> kube::Client {
        self.client_of(User::admin())
    }

    /// A client whose requests come from this user, without any credential.
    #[must_use]
    pub fn client_of(&self, user: User) -> kube::Client {
        kube::Client::new(HttpService::trusted(self.clone(), user), "default")
    }

    /// A client that shows a bearer token, which the server checks with each request.
    #[must_use]
    pub fn client_with_token(&self, token: &str) -> kube::Client {
        kube::Client::new(HttpService::with_token(self.clone(), token), "default")
    }

    /// The server as a tower service for connections that showed these client certificates, leaf
    /// first, in DER; each request is authenticated by them or by its bearer token.
    #[must_use]
    pub fn service(&self, client_certificates: Vec<Vec<u8>>) -> HttpService {
        HttpService::presented(self.clone(), client_certificates)
    }

    /// Who shows this bearer token.
    ///
    /// # Errors
    /// 401 for a token that nobody recognises.
    pub fn authenticate(&self, token: &str) -> Result<User, Status> {
        auth::authenticate(self, Some(token), &[])
    }

    /// Every resource that is served now, once, in the version that its group prefers. While no
    /// definition changes what is served, the answer is the same one.
    #[must_use]
    pub fn resources(&self) -> Arc<[ApiResource]> {
        self.read(|state| state.catalogue.preferred())
    }

    /// The ConfigMap `kube-root-ca.crt` as it should be in a namespace, for the controller that
    /// keeps it; `None` without [`Config::cluster_ca`].
    #[must_use]
    pub fn root_certificate(&self, namespace: &str) -> Option<crate::json::Value> {
        lifecycle::namespace::root_certificate(self, namespace)
    }

    /// Forgets the history of changes, as an etcd compaction does: watches from before now are
    /// told 410.
    pub fn compact(&self) {
        self.write(|state| state.store.compact());
    }

    /// Carries out a request without HTTP: for controllers in the same process.
    ///
    /// # Errors
    /// What Kubernetes would refuse, with its code, reason and text; 501 by name for what is not
    /// modelled.
    pub async fn call(&self, request: Request) -> Result<Response, Status> {
        auth::authorize(self, &request)?;
        let resource = self.read(|state| state.catalogue.find(&request.gvr))?;
        check_scope(&resource, &request)?;
        if let Some(subresource) = request.subresource.as_deref() {
            return Box::pin(verb::subresource(self, &resource, &request, subresource)).await;
        }
        if !resource
            .verbs
            .iter()
            .any(|verb| verb == request.verb.as_str())
        {
            return Err(Status::method_not_allowed());
        }
        self.dispatch(&resource, request).await
    }

    /// Ways of writes are boxed: they take kilobytes, which everybody who may ever write would
    /// carry about.
    async fn dispatch(
        &self,
        resource: &Arc<Resource>,
        mut request: Request,
    ) -> Result<Response, Status> {
        match request.verb {
            Verb::Get => verb::get(self, resource, &request),
            Verb::List => verb::list(self, resource, &request).map(Response::List),
            Verb::Watch => {
                let selection = selection(resource, &request)?;
                watch::open(self, resource, &request, selection)
                    .map(|w| Response::Watch(Box::new(w)))
            }
            Verb::Create => {
                let body = std::mem::take(&mut request.body);
                Box::pin(verb::create(self, resource, &request, body)).await
            }
            Verb::Update => {
                let body = std::mem::take(&mut request.body);
                Box::pin(verb::update(self, resource, &request, body)).await
            }
            Verb::Patch(kind) => Box::pin(verb::patch(self, resource, &request, kind)).await,
            Verb::Delete => Box::pin(verb::delete(self, resource, &request)).await,
            Verb::DeleteCollection => {
                Box::pin(verb::delete_collection(self, resource, &request)).await
            }
        }
    }

    pub(crate) fn seed(&self) -> &Seed {
        &self.inner.seed
    }

    pub(crate) fn signer(&self) -> &Signer {
        &self.inner.signer
    }

    pub(crate) fn handlers(&self) -> &Handlers {
        &self.inner.handlers
    }

    pub(crate) fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(
            &self
                .inner
                .state
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }

    pub(crate) fn write<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(
            &mut self
                .inner
                .state
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }
}

/// What a collection request selects.
///
/// # Errors
/// 400 for selectors that are malformed or not supported.
pub(crate) fn selection(resource: &Resource, request: &Request) -> Result<Selection, Status> {
    Selection::parse(
        resource,
        request.namespace.as_deref(),
        request.options.label_selector.as_deref(),
        request.options.field_selector.as_deref(),
    )
}

fn check_scope(resource: &Resource, request: &Request) -> Result<(), Status> {
    let reads_all = matches!(
        request.verb,
        Verb::List | Verb::Watch | Verb::DeleteCollection
    );
    match (resource.namespaced, request.namespace.is_some()) {
        (true, true) | (false, false) => Ok(()),
        (true, false) if reads_all && request.name.is_none() => Ok(()),
        // A namespace may be named within itself.
        (false, true) if resource.is("", "Namespace") => Ok(()),
        (true, false) | (false, true) => Err(Status::no_such_resource()),
    }
}
