//! istiod as a process: what happens from its start until its pod ends.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use futures::{FutureExt, future::BoxFuture};
use istio::version::Flag;
use sim::{
    net::Listener,
    program::{Health, Process, Serve, Start},
    remote::Access,
};
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
    time::timeout,
};

use super::{
    Istiod,
    assemble::Assembler,
    ca::{Ca, CaError},
    clusters::{Clusters, Dial},
    core::Core,
    distribute::distribute,
    environment::{Environment, EnvironmentError},
    living::Starting,
    mesh_config::{self, MeshError},
    registration,
    server::{Port, Serves},
    source::{
        Changes, Context,
        access::{self, KubeconfigError},
    },
};

/// The port of configuration and certificates.
const XDS: u16 = 15012;
/// The port of webhooks.
const WEBHOOKS: u16 = 15017;

/// Why istiod ends.
#[derive(Debug, thiserror::Error)]
enum Fatal {
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
    #[error("its service account has no token: {0}")]
    Token(String),
    #[error("KUBECONFIG: {0}")]
    Kubeconfig(#[from] KubeconfigError),
    #[error(transparent)]
    Mesh(#[from] MeshError),
    #[error(transparent)]
    Ca(#[from] CaError),
    #[error("port {0} is in use")]
    Port(u16),
}

struct Running {
    health: watch::Sender<Health>,
    _tasks: JoinSet<()>,
}

impl Process for Running {
    fn health(&self) -> watch::Receiver<Health> {
        self.health.subscribe()
    }

    fn stop(self: Box<Self>) -> BoxFuture<'static, ()> {
        drop(self);
        async {}.boxed()
    }
}

/// Starts istiod.
pub(super) fn start(start: Start, image: Istiod) -> Box<dyn Process> {
    let health = watch::Sender::new(Health::Unready);
    let mut tasks = JoinSet::new();
    let told = health.clone();
    tasks.spawn(async move {
        let name = start.pod.metadata.name.clone().unwrap_or_default();
        let who = format!("{}/{name}", start.cluster);
        let log = start.log.clone();
        let life = Box::pin(live(start, &who, &image, &told));
        if let Err(fatal) = life.await {
            log.note(&who, format_args!("ends: {fatal}"));
            if matches!(fatal, Fatal::Environment(_) | Fatal::Mesh(_)) {
                image.refusals.note(&who, &fatal);
            }
            told.send_replace(Health::Exited(1));
        }
    });
    Box::new(Running {
        health,
        _tasks: tasks,
    })
}

async fn live(
    start: Start,
    who: &str,
    image: &Istiod,
    health: &watch::Sender<Health>,
) -> Result<(), Fatal> {
    let environment = Environment::read(&start).await?;
    let changes = Changes::default();
    let clusters = read_clusters(&start, who, &environment, &changes).await?;
    let mut news = changes.shown();
    let namespace = environment.control_plane.namespace.as_str();
    let starting = image.living.starting(who, namespace);
    until_read(&clusters, &mut news, &starting).await;
    let (registrations, machines) = mpsc::unbounded_channel();
    let core = core(&start, who, image, environment, clusters, registrations).await?;
    let core = Arc::new(core);
    let _ports = [
        open(&start, &core, XDS, Serves::Xds)?,
        open(&start, &core, WEBHOOKS, Serves::Webhooks)?,
    ];
    drop(starting);
    let _alive = image.living.add(&core);
    let writer = distribute(
        &core,
        image.elections.candidate(who, start.seed),
        changes.all(),
    );
    let registrar = registration::keep(&core, machines);
    tokio::join!(serve(&core, news, health), writer, registrar);
    Ok(())
}

/// What istiod is once it has read the objects of all clusters.
async fn core(
    start: &Start,
    who: &str,
    image: &Istiod,
    environment: Environment,
    clusters: Clusters,
    registrations: mpsc::UnboundedSender<registration::Event>,
) -> Result<Core, Fatal> {
    let mesh = mesh_config::written(&environment, &clusters.config().tables());
    let mesh = mesh.read(&environment.control_plane)?;
    let client = clusters.config().server.client();
    let now = start.clock.now();
    let ca = Ca::find(&environment, &mesh.domains.own, &client, start.seed, now).await?;
    let key = pki::KeyPair::from_seed(&pki::Seed::new(start.seed.0).of(&format!("serving/{who}")));
    let assembler = Assembler::new(
        who.to_owned(),
        &environment,
        ca.roots().clone(),
        image.refusals.clone(),
    );
    Ok(Core {
        who: who.to_owned(),
        seed: start.seed,
        clock: start.clock.clone(),
        log: start.log.clone(),
        serving: ca.serving(names(&environment), &key, now)?,
        published: watch::Sender::new(None),
        assembler: Mutex::new(assembler),
        clusters: Mutex::new(clusters),
        registrations,
        refusals: image.refusals.clone(),
        environment,
        ca,
        mesh,
    })
}

async fn read_clusters(
    start: &Start,
    who: &str,
    environment: &Environment,
    changes: &Changes,
) -> Result<Clusters, Fatal> {
    let token = start.kubelet.token(None).await;
    let own = Access {
        server: start.kubelet.api_server,
        roots: start.kubelet.roots.clone(),
        token: token.map_err(|status| Fatal::Token(status.message))?,
    };
    let config = environment
        .kubeconfig
        .as_deref()
        .map(access::access)
        .transpose()?;
    let context = Context {
        seed: start.seed,
        who: who.to_owned(),
        namespace: environment.control_plane.namespace.clone(),
        changes: changes.clone(),
    };
    let dial = Dial::new(start);
    Ok(Clusters::open(environment, context, dial, own, config))
}

/// Waits until the config cluster has been read once, and tells how far that is meanwhile.
async fn until_read(clusters: &Clusters, news: &mut watch::Receiver<u64>, starting: &Starting) {
    while !clusters.config().is_synced() {
        starting.tell(clusters.states());
        // A refusal is no news: nothing was read.
        let _ = timeout(Duration::from_secs(1), news.changed()).await;
    }
}

/// The names under which istiod is called. Source: pilot/pkg/bootstrap/server.go.
fn names(environment: &Environment) -> Vec<String> {
    let plane = &environment.control_plane;
    let services = [
        mesh_config::revised("istiod", plane),
        "istiod".to_owned(),
        "istiod-remote".to_owned(),
        "istio-pilot".to_owned(),
    ];
    let mut names: Vec<String> = services
        .map(|name| format!("{name}.{}.svc", plane.namespace))
        .into();
    names.extend(environment.custom_hosts.iter().cloned());
    names.sort();
    names.dedup();
    names
}

fn open(
    start: &Start,
    core: &Arc<Core>,
    number: u16,
    serves: Serves,
) -> Result<Listener<Arc<dyn Serve>>, Fatal> {
    let port = Port {
        core: Arc::clone(core),
        serves,
    };
    start
        .host
        .listen(number, Arc::new(port))
        .map_err(|_| Fatal::Port(number))
}

/// Collects changes and tells them, for ever; istiod is ready once everything was told once.
async fn serve(core: &Core, mut news: watch::Receiver<u64>, health: &watch::Sender<Health>) {
    let flags = &core.environment.control_plane.flags;
    let patience = flags.time(Flag::RemoteClusterTimeout);
    core.clusters().advance();
    while !core.clusters().is_ready(patience) {
        // Clusters that do not answer are given up after a while, without any news.
        let _ = timeout(Duration::from_secs(1), news.changed()).await;
        core.clusters().advance();
    }
    core.publish();
    core.note("is ready");
    health.send_replace(Health::Ready);
    let (after, at_most) = (
        flags.time(Flag::DebounceAfter),
        flags.time(Flag::DebounceMax),
    );
    while news.changed().await.is_ok() {
        core.clusters().advance();
        quiet(&mut news, after, at_most).await;
        core.clusters().advance();
        core.publish();
    }
}

/// Waits until nothing has changed for a while, but not for longer than `at_most`.
async fn quiet(news: &mut watch::Receiver<u64>, after: Duration, at_most: Duration) {
    let more = async { while let Ok(Ok(())) = timeout(after, news.changed()).await {} };
    let _ = timeout(at_most, more).await;
}
