//! Every fact against the simulated API server and its controllers: one fresh server per fact, on
//! a paused clock, so that waiting costs nothing.
//!
//! A fact named in [`parity::DIFFERENCES`] must fail here; one that no longer does is an error.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use anyhow::{Context, Result, bail};
use apiserver::{
    ApiServer, Clock, Config, Handlers, WebhookCall, WebhookError, WebhookTransport, json,
};
use futures::FutureExt;
use futures::future::BoxFuture;
use kube::Client;
use libtest_mimic::Arguments;
use parity::{Fact, Hook, Site, difference, suite};
use serde_json::{Value, json};
use tokio::task::JoinSet;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    libtest_mimic::run(&arguments, suite::trials(attempt)).exit_code()
}

/// Tries one fact and compares the outcome with what is expected of it.
fn attempt(fact: Fact, namespace: String) -> Result<()> {
    let outcome = on_a_fresh_server(fact, &namespace);
    match (difference::accepted(&fact.name()), outcome) {
        (None, outcome) => outcome,
        (Some(_), Err(_)) => Ok(()),
        (Some(accepted), Ok(())) => bail!(
            "listed as a difference ({}) but it no longer differs: remove it from the list",
            accepted.reason
        ),
    }
}

fn on_a_fresh_server(fact: Fact, namespace: &str) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()?;
    runtime.block_on(async {
        let site = Arc::new(Simulated::start()?);
        suite::attempt(site, fact, namespace).await
    })
}

/// A simulated API server with its controllers, whose webhooks are functions in this process.
struct Simulated {
    server: ApiServer,
    hooks: Arc<Hooks>,
    _controllers: JoinSet<()>,
}

impl Simulated {
    fn start() -> Result<Self> {
        let epoch = "2026-01-01T00:00:00Z".parse()?;
        let mut config = Config::new("parity", 1, Clock::starting_at(epoch));
        config.cluster_ca = Some(CLUSTER_CA.to_owned());
        let hooks = Arc::new(Hooks::default());
        let handlers = Handlers {
            webhooks: Some(hooks.clone()),
            ..Handlers::default()
        };
        let server = ApiServer::with_handlers(config, handlers);
        let _controllers = sim::cluster::manage(&server, &"parity".parse()?);
        Ok(Self {
            server,
            hooks,
            _controllers,
        })
    }
}

/// Nobody verifies anything by it here; facts only look for a certificate.
const CLUSTER_CA: &str = "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n";

impl Site for Simulated {
    fn admin(&self) -> Client {
        self.server.client()
    }

    fn anonymous(&self) -> Client {
        Client::new(self.server.service(Vec::new()), "default")
    }

    fn compact(&self) -> BoxFuture<'_, Result<()>> {
        self.server.compact();
        futures::future::ready(Ok(())).boxed()
    }

    fn serve(&self, hook: Hook) -> BoxFuture<'_, Result<Value>> {
        futures::future::ready(Ok(json!({"url": self.hooks.add(hook)}))).boxed()
    }
}

/// Webhooks by the URL they are reached at.
#[derive(Default)]
struct Hooks(Mutex<BTreeMap<String, Hook>>);

impl Hooks {
    fn add(&self, hook: Hook) -> String {
        let mut hooks = self.0.lock().expect("no holder panics");
        let url = format!("https://hook-{}.example.com/review", hooks.len());
        hooks.insert(url.clone(), hook);
        url
    }

    fn find(&self, call: &WebhookCall) -> Result<Hook> {
        let url = call.client_config["url"].as_str().context("a URL")?;
        let hooks = self.0.lock().expect("no holder panics");
        hooks
            .get(url)
            .cloned()
            .with_context(|| format!("nobody serves {url}"))
    }
}

impl WebhookTransport for Hooks {
    fn review(&self, call: WebhookCall) -> BoxFuture<'_, Result<json::Value, WebhookError>> {
        let hook = self
            .find(&call)
            .map_err(|missing| WebhookError(missing.to_string()));
        futures::future::ready(hook.map(|hook| hook(&call.review.into()).into())).boxed()
    }
}
