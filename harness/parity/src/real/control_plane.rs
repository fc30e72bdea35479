//! Starting the components in order and handing out clients.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use futures::FutureExt;
use futures::future::BoxFuture;
use http::Method;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde_json::Value;
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

use super::audit;
use super::components;
use super::credentials::{Authority, TOKEN, kubeconfig};
use super::etcd::Etcd;
use super::process::{Process, free_port};
use super::webhook::Webhook;
use crate::ask::Ask;
use crate::site::{Hook, Site};

/// How long the API server may take to be ready; about six seconds on two idle cores.
const START: Duration = Duration::from_secs(120);

/// The administrator's kubeconfig, below the control plane's directory.
const KUBECONFIG: &str = "admin.kubeconfig";

/// A running control plane. Fields are dropped in their order: users before what they use.
pub struct ControlPlane {
    webhooks: Mutex<Vec<Webhook>>,
    admin: Client,
    anonymous: Client,
    etcd_client: Etcd,
    authority: Authority,
    _controllers: Process,
    _api_server: Process,
    _etcd: Process,
    directory: TempDir,
}

impl ControlPlane {
    /// Starts the binaries in `bin`, which `ci/kubernetes/build` makes, and waits until the API
    /// server is ready. Must be called within a Tokio runtime that outlives the control plane.
    ///
    /// # Errors
    /// When a component cannot be started, ends early, or is not ready in time.
    pub async fn start(bin: &Path) -> Result<Self> {
        let directory = tempfile::tempdir()?;
        let path = directory.path();
        let authority = Authority::new()?;
        authority.write(path)?;
        audit::write_policy(path)?;
        let (port, etcd_port) = (free_port()?, free_port()?);
        let etcd_flags = components::etcd(path, etcd_port, free_port()?);
        let etcd = Process::start(bin, path, "etcd", &etcd_flags)?;
        let flags = components::api_server(path, port, etcd_port);
        let mut api_server = Process::start(bin, path, "kube-apiserver", &flags)?;
        let server = format!("https://127.0.0.1:{port}");
        let admin_config = kubeconfig(&server, &authority.pem, Some(TOKEN));
        fs::write(path.join(KUBECONFIG), admin_config.to_string())?;
        let admin = client(admin_config).await?;
        ready(&admin, &mut api_server).await?;
        let flags = components::controllers(path);
        let controllers = Process::start(bin, path, "kube-controller-manager", &flags)?;
        Ok(Self {
            webhooks: Mutex::default(),
            admin,
            anonymous: client(kubeconfig(&server, &authority.pem, None)).await?,
            etcd_client: Etcd::new(etcd_port)?,
            authority,
            _controllers: controllers,
            _api_server: api_server,
            _etcd: etcd,
            directory,
        })
    }

    /// The administrator's kubeconfig, whose only context is `real`.
    pub fn kubeconfig(&self) -> PathBuf {
        self.directory.path().join(KUBECONFIG)
    }

    /// What the API server was asked for so far, from its audit log.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn audit(&self) -> Result<Vec<Value>> {
        audit::events(self.directory.path())
    }

    async fn serve_webhook(&self, hook: Hook) -> Result<Value> {
        let webhook = Webhook::start(&self.authority, hook).await?;
        let config = webhook.client_config();
        self.webhooks
            .lock()
            .expect("no holder panics")
            .push(webhook);
        Ok(config)
    }
}

impl Site for ControlPlane {
    fn admin(&self) -> Client {
        self.admin.clone()
    }

    fn anonymous(&self) -> Client {
        self.anonymous.clone()
    }

    fn compact(&self) -> BoxFuture<'_, Result<()>> {
        self.etcd_client.compact().boxed()
    }

    fn serve(&self, hook: Hook) -> BoxFuture<'_, Result<Value>> {
        self.serve_webhook(hook).boxed()
    }
}

async fn client(kubeconfig: Value) -> Result<Client> {
    let kubeconfig: Kubeconfig = serde_json::from_value(kubeconfig)?;
    let options = KubeConfigOptions::default();
    let mut config = Config::from_custom_kubeconfig(kubeconfig, &options).await?;
    // Facts look at refusals such as 504, which the client would otherwise try again.
    config.default_retry = false;
    Ok(Client::try_from(config)?)
}

/// Waits for `/readyz`; there is nothing to watch before the server is there.
async fn ready(admin: &Client, api_server: &mut Process) -> Result<()> {
    let deadline = Instant::now() + START;
    loop {
        api_server.check()?;
        match Ask::new(admin.clone(), Method::GET, "/readyz").await {
            Ok(answer) if answer.code == 200 => return Ok(()),
            Ok(answer) if Instant::now() > deadline => bail!("not ready: {}", answer.body),
            Err(error) if Instant::now() > deadline => return Err(error).context("not ready"),
            _ => sleep(Duration::from_millis(100)).await,
        }
    }
}
