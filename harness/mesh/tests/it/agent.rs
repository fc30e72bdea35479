//! A proxy's agent without a proxy: it asks istiod for a certificate and for configuration, as
//! far as a test needs it to see that istiod answers.

use std::{net::SocketAddrV4, sync::Arc, time::Duration};

use futures::{FutureExt, future::BoxFuture};
use istio::network::split_horizon::ProxyKind;
use k8s_openapi::api::core::v1::Container;
use mesh::{
    istiod::Istiod,
    xds::{Answer, Ask, Credentials, Node, Signed, SigningRequest, Subscription},
};
use pki::{Chain, KeyPair, Roots};
use rustls_pki_types::CertificateDer;
use sim::program::{Channel, Health, Hello, Image, PlainImages, Process, Reply, Sent, Start};
use tokio::{sync::watch, task::JoinHandle, time::sleep};

/// istiod, agents and plain applications.
pub(crate) struct Images {
    istiod: Istiod,
}

impl Images {
    pub(crate) fn new(istiod: Istiod) -> Self {
        Self { istiod }
    }
}

impl sim::program::Images for Images {
    fn find(&self, container: &Container) -> Arc<dyn Image> {
        let image = container.image.as_deref().unwrap_or_default();
        let first = container.args.as_ref().and_then(|args| args.first());
        match (image, first.map(String::as_str)) {
            (image, _) if image.contains("/pilot:") => Arc::new(self.istiod.clone()),
            (image, Some("proxy")) if image.contains("/proxyv2:") => Arc::new(Agent),
            (image, Some(_)) if image.contains("/proxyv2:") => Arc::new(Redirects),
            _ => PlainImages.find(container),
        }
    }
}

/// Ends at once, as if it had set the redirection up.
struct Redirects;

impl Image for Redirects {
    fn start(&self, _: Start) -> Box<dyn Process> {
        Box::new(Running {
            health: watch::Sender::new(Health::Exited(0)),
            task: tokio::spawn(async {}),
        })
    }
}

struct Agent;

struct Running {
    health: watch::Sender<Health>,
    task: JoinHandle<()>,
}

impl Image for Agent {
    fn start(&self, start: Start) -> Box<dyn Process> {
        let health = watch::Sender::new(Health::Unready);
        let told = health.clone();
        let task = tokio::spawn(async move {
            while let Err(why) = serve(&start, &told).await {
                start.log.note("agent", why);
                told.send_replace(Health::Unready);
                sleep(Duration::from_secs(1)).await;
            }
        });
        Box::new(Running { health, task })
    }
}

impl Process for Running {
    fn health(&self) -> watch::Receiver<Health> {
        self.health.subscribe()
    }

    fn stop(self: Box<Self>) -> BoxFuture<'static, ()> {
        async {}.boxed()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn variable(start: &Start, name: &str) -> String {
    let mut all = start.container.env.iter().flatten();
    let found = all.find(|variable| variable.name == name);
    let value = found.and_then(|variable| variable.value.clone());
    value.unwrap_or_default()
}

/// Gets a certificate, then configuration again and again; ready after the first of it.
async fn serve(start: &Start, health: &watch::Sender<Health>) -> Result<(), String> {
    let credentials = Credentials::Token(token(start).await?);
    let cluster = variable(start, "ISTIO_META_CLUSTER_ID");
    let request = SigningRequest {
        credentials: credentials.clone(),
        cluster: cluster.as_str().into(),
        key: KeyPair::from_seed(&pki::Seed::new(7)),
        lifetime: None,
    };
    let channel = connect(start).await?;
    match ask(&channel, Ask::Sign(request)).await? {
        Answer::Signed(signed) => believe(start, &signed)?,
        other => return Err(format!("{other:?}")),
    }
    let subscription = Subscription {
        credentials,
        node: node(start, &cluster),
    };
    let mut last = 0;
    let mut question = Ask::Subscribe(subscription);
    loop {
        match ask(&channel, question).await? {
            Answer::Pushed(push) if push.snapshot.version > last => {
                last = push.snapshot.version;
                start
                    .log
                    .note("agent", format_args!("is told version {last}"));
            }
            other => return Err(format!("{other:?}")),
        }
        health.send_replace(Health::Ready);
        question = Ask::Next;
    }
}

async fn token(start: &Start) -> Result<String, String> {
    let token = start.kubelet.token(Some("istio-ca")).await;
    token.map_err(|status| status.message)
}

/// Opens a connection to istiod and verifies who it is.
async fn connect(start: &Start) -> Result<Channel, String> {
    let address = variable(start, "CA_ADDR");
    let (host, port) = address.split_once(':').ok_or("CA_ADDR has no port")?;
    let ip = start
        .kubelet
        .resolve(host)
        .map_err(|error| error.to_string())?;
    let to = SocketAddrV4::new(ip, port.parse().map_err(|_| "no port")?);
    let conn = start.net.connect(&start.origin(), to).await;
    let channel = Channel::over(conn.map_err(|error| error.to_string())?);
    let hello = Hello {
        sni: host.to_owned(),
        ..Hello::default()
    };
    let reply = channel.ask(Sent::Hello(hello)).await;
    let Reply::Hello(answer) = reply.map_err(|error| error.to_string())? else {
        return Err("istiod speaks no TLS".to_owned());
    };
    let mut chain = answer.chain.into_iter().map(CertificateDer::from);
    let leaf = chain.next().ok_or("no certificate")?;
    let chain = Chain::new(leaf, &chain.collect::<Vec<_>>());
    let files = start
        .kubelet
        .config_map("istio-ca-root-cert")
        .await
        .ok_or("no root")?;
    let pem = String::from_utf8_lossy(&files["root-cert.pem"]).into_owned();
    let roots = Roots::from_pem(&pem).map_err(|error| error.to_string())?;
    let verified = roots.verify_server(&chain, host, start.clock.now());
    verified.map_err(|error| error.to_string())?;
    Ok(channel)
}

async fn ask(channel: &Channel, ask: Ask) -> Result<Answer, String> {
    let reply = channel.ask(ask.seal()).await;
    let reply = reply.map_err(|error| error.to_string())?;
    Answer::open(&reply)
        .cloned()
        .ok_or_else(|| format!("{reply:?}"))
}

/// The certificate must be that of the pod's own service account.
fn believe(start: &Start, signed: &Signed) -> Result<(), String> {
    let roots = Roots::from_pem(&signed.roots).map_err(|error| error.to_string())?;
    let found = roots.verify_workload(&signed.chain, start.clock.now());
    let identity = found.map_err(|error| error.to_string())?;
    let account = account(start);
    match identity.service_account == account {
        true => Ok(()),
        false => Err(format!("{identity:?} is not {account}")),
    }
}

fn account(start: &Start) -> String {
    let spec = start.pod.spec.as_ref();
    let account = spec.and_then(|spec| spec.service_account_name.clone());
    account.unwrap_or_else(|| "default".to_owned())
}

fn node(start: &Start, cluster: &str) -> Node {
    let meta = &start.pod.metadata;
    let spec = start.pod.spec.as_ref();
    Node {
        kind: match start.container.args.as_ref().map(|args| args[1].as_str()) {
            Some("router") => ProxyKind::Router,
            _ => ProxyKind::Sidecar,
        },
        name: meta.name.clone().unwrap_or_default(),
        namespace: meta.namespace.clone().unwrap_or_default(),
        service_account: account(start),
        cluster: cluster.into(),
        network: variable(start, "ISTIO_META_NETWORK").into(),
        address: start.host.address().to_string(),
        labels: meta.labels.clone().unwrap_or_default(),
        annotations: meta.annotations.clone().unwrap_or_default(),
        network_view: Vec::new(),
        node: spec
            .and_then(|spec| spec.node_name.clone())
            .unwrap_or_default(),
        locality: None,
        register_group: None,
    }
}
