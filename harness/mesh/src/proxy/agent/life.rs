//! An agent's life: it fetches certificate and configuration, keeps both fresh, and drains.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures::{FutureExt, future::BoxFuture};
use istio::auth::{CertificateLife, RotationOptions, renewal_delay};
use pki::{Chain, KeyPair, Validity};
use sim::program::{Health, Process};
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{Instant, sleep},
};

use super::{
    discovery::{Istiod, Trouble},
    environment::{self, Environment},
    home::Home,
};
use crate::{
    proxy::{About, Identity, Listeners, Living, Proxy},
    xds::{Answer, Ask, Credentials, SigningRequest, Subscription},
};

/// The first and the longest pause before istiod is asked again. Source: the agent's back-off
/// towards istiod.
const PAUSES: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(15));

/// For how long a proxy that ends still serves. Source: the mesh's default
/// `terminationDrainDuration`.
const DRAIN: Duration = Duration::from_secs(5);

/// A process that has ended, or does nothing any more.
pub(super) struct Ended(watch::Sender<Health>);

/// An agent with its proxy. Dropping it closes the proxy's ports.
struct Agent {
    home: Home,
    environment: Environment,
    proxy: Arc<Proxy>,
    listeners: Mutex<Listeners>,
    health: watch::Sender<Health>,
}

struct Running {
    agent: Arc<Agent>,
    tasks: [JoinHandle<()>; 2],
}

/// Starts the agent.
pub(super) fn start(home: Home, environment: Environment, living: &Living) -> Box<dyn Process> {
    let proxy = Arc::new(Proxy::new(about(&home, &environment)));
    living.add(&proxy);
    if environment.captures_dns {
        home.host().capture_dns(proxy.names());
    }
    let agent = Arc::new(Agent {
        proxy,
        home,
        environment,
        listeners: Mutex::default(),
        health: watch::Sender::new(Health::Unready),
    });
    let certificates = Arc::clone(&agent);
    let configuration = Arc::clone(&agent);
    let tasks = [
        tokio::spawn(async move { certificates.keep_certificate().await }),
        tokio::spawn(async move { configuration.keep_configuration().await }),
    ];
    Box::new(Running { agent, tasks })
}

fn about(home: &Home, environment: &Environment) -> About {
    About {
        at: home.place(environment.node.kind),
        name: environment::name(home),
        namespace: environment.node.namespace.clone(),
        captures_dns: environment.captures_dns,
        origin: home.origin(),
        net: home.net().clone(),
        clock: home.clock().clone(),
        seed: home.seed(),
        log: home.log().clone(),
    }
}

impl Agent {
    async fn keep_certificate(&self) {
        let mut pause = PAUSES.0;
        let mut number = 0_u64;
        loop {
            number += 1;
            match Box::pin(self.certify(number)).await {
                Ok(life) => {
                    pause = PAUSES.0;
                    sleep(self.renewal(life, number)).await;
                }
                Err(trouble) => self.rest(&trouble, &mut pause).await,
            }
        }
    }

    /// Fetches a certificate; says from when until when it counts.
    async fn certify(&self, number: u64) -> Result<Validity, Trouble> {
        let istiod = self.connect(&self.environment.ca).await?;
        let seed = pki::Seed::new(self.home.seed().0);
        let name = format!("{} key {number}", self.proxy.about.name);
        let request = SigningRequest {
            credentials: self.credentials().await?,
            cluster: self.environment.node.cluster.clone(),
            key: KeyPair::from_seed(&seed.of(&name)),
            lifetime: Some(self.environment.certificate_life),
        };
        let Answer::Signed(signed) = istiod.ask(Ask::Sign(request)).await? else {
            return Err(Trouble::NotIstiod(self.environment.ca.clone()));
        };
        let validity = signed.chain.validity()?;
        self.proxy.identify(Identity::new(signed)?);
        self.settle();
        Ok(validity)
    }

    /// How long the certificate is good enough.
    fn renewal(&self, validity: Validity, number: u64) -> Duration {
        let seconds = |from: jiff::Timestamp, to: jiff::Timestamp| {
            let span = to.as_second().saturating_sub(from.as_second());
            Duration::from_secs(u64::try_from(span).unwrap_or(0))
        };
        let life = CertificateLife {
            whole: seconds(validity.not_before, validity.not_after),
            left: seconds(self.home.clock().now(), validity.not_after),
        };
        let name = format!("{} rotation {number}", self.proxy.about.name);
        let spread = self.home.seed().below(name, 2001) as f64 / 1000.0 - 1.0;
        renewal_delay(life, RotationOptions::default(), spread).value
    }

    async fn keep_configuration(&self) {
        let mut pause = PAUSES.0;
        loop {
            let began = Instant::now();
            let Err(trouble) = self.follow().await;
            if began.elapsed() > PAUSES.1 {
                pause = PAUSES.0;
            }
            self.rest(&trouble, &mut pause).await;
        }
    }

    /// Takes pushes in until the connection ends.
    async fn follow(&self) -> Result<std::convert::Infallible, Trouble> {
        let istiod = Box::pin(self.connect(&self.environment.discovery)).await?;
        let mut ask = Ask::Subscribe(Subscription {
            credentials: Box::pin(self.credentials()).await?,
            node: self.environment.node.clone(),
        });
        loop {
            if let Answer::Pushed(push) = istiod.ask(ask).await? {
                self.proxy.configure(push);
                self.settle();
            }
            ask = Ask::Next;
        }
    }

    /// Connects to istiod, and shows the certificate that there is.
    async fn connect(&self, address: &str) -> Result<Istiod, Trouble> {
        let shown = self.certificate();
        Istiod::connect(&self.home, address, shown).await
    }

    /// What istiod is shown: a pod's token is always fresh, a machine's only has to last until
    /// there is a certificate.
    async fn credentials(&self) -> Result<Credentials, Trouble> {
        match self.certificate() {
            Some(_) => Ok(Credentials::Certificate),
            None => Ok(Credentials::Token(self.home.token().await?)),
        }
    }

    /// A machine's own certificate as long as it counts.
    fn certificate(&self) -> Option<Chain> {
        let Home::Machine(_) = self.home else {
            return None;
        };
        self.proxy.presented()
    }

    async fn rest(&self, trouble: &Trouble, pause: &mut Duration) {
        let about = &self.proxy.about;
        about.log.note(&about.name, trouble);
        sleep(*pause).await;
        *pause = (*pause * 2).min(PAUSES.1);
    }

    /// Listens and is ready, once there are both certificate and configuration.
    fn settle(&self) {
        if !self.proxy.is_ready() {
            return;
        }
        let about = &self.proxy.about;
        let mut listeners = self
            .listeners
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Err(taken) = listeners.follow(&self.proxy, self.home.host()) {
            about.log.note(&about.name, taken);
        }
        self.health.send_replace(Health::Ready);
    }
}

impl Process for Running {
    fn health(&self) -> watch::Receiver<Health> {
        self.agent.health.subscribe()
    }

    fn stop(self: Box<Self>) -> BoxFuture<'static, ()> {
        async move {
            sleep(DRAIN).await;
            drop(self);
        }
        .boxed()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
        // Sessions under way hold the proxy, not its ports.
        let listeners = self.agent.listeners.lock();
        *listeners.unwrap_or_else(PoisonError::into_inner) = Listeners::default();
    }
}

impl Ended {
    pub(super) fn with(health: Health) -> Self {
        Self(watch::Sender::new(health))
    }
}

impl Process for Ended {
    fn health(&self) -> watch::Receiver<Health> {
        self.0.subscribe()
    }

    fn stop(self: Box<Self>) -> BoxFuture<'static, ()> {
        async {}.boxed()
    }
}
