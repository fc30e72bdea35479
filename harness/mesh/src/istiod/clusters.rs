//! The clusters that an istiod reads: the one that holds its configuration, and those behind
//! remote secrets, which come, change and go as its version handles it.

use std::{collections::BTreeMap, sync::Arc};

use istio::{
    ClusterId,
    remote::{Change, Registries, SecretKey},
    version::mechanism::KubeconfigChange,
};
use k8s_openapi::api::core::v1::Secret;
use sim::{
    cluster::Key,
    log::EventLog,
    net::Origin,
    program::Start,
    remote::{Access, Rate, Remote as Server},
};
use tokio::time::Instant;

use super::{
    environment::Environment,
    source::{Context, Reading, Source, access},
};

/// How often istiod asks an API server. Source: `kubernetesApiQPS` and `kubernetesApiBurst` of
/// pilot-discovery.
const RATE: Rate = Rate {
    per_second: 80,
    burst: 160,
};

/// The label of Secrets that hold kubeconfigs of other clusters.
const REMOTE_SECRET: (&str, &str) = ("istio/multiCluster", "true");

/// Every cluster of an istiod.
pub(crate) struct Clusters {
    context: Context,
    dial: Dial,
    change: KubeconfigChange,
    config_cluster: ClusterId,
    config: Source,
    /// Where remote secrets are read, if not in the configuration's cluster.
    secrets: Option<Source>,
    registries: Registries,
    seen: BTreeMap<SecretKey, BTreeMap<ClusterId, Vec<u8>>>,
    remotes: BTreeMap<ClusterId, Remote>,
}

/// A cluster behind a remote secret.
struct Remote {
    /// What is read; `None` while nothing is.
    current: Option<Source>,
    /// What takes its place once it has read everything.
    next: Option<Source>,
    since: Instant,
    /// Whether `current` counts: it was synced once.
    counts: bool,
    error: Option<String>,
}

/// How API servers are reached from istiod's pod.
#[derive(Clone)]
pub(crate) struct Dial {
    net: sim::net::Net<Arc<dyn sim::program::Serve>>,
    clock: apiserver::Clock,
    from: Origin,
    log: EventLog,
}

/// How far a cluster is known: a line of `istioctl remote-clusters`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncState {
    /// The cluster.
    pub cluster: ClusterId,
    /// Whether everything of it has been read.
    pub synced: bool,
    /// Why not, if a reason is known.
    pub error: Option<String>,
}

impl Dial {
    pub(crate) fn new(start: &Start) -> Self {
        Self {
            net: start.net.clone(),
            clock: start.clock.clone(),
            from: start.origin(),
            log: start.log.clone(),
        }
    }

    fn server(&self, access: Access) -> Server {
        Server::new(&self.net, self.clock.clone(), self.from.clone(), access).at_most(RATE)
    }
}

impl Clusters {
    /// Starts to read. `own` is the cluster istiod runs in, `config` the one that holds its
    /// configuration, if that is another.
    pub(crate) fn open(
        environment: &Environment,
        context: Context,
        dial: Dial,
        own: Access,
        config: Option<Access>,
    ) -> Self {
        let plane = &environment.control_plane;
        let id = plane.cluster.clone();
        let secrets_here = plane
            .flags
            .is_on(istio::version::Flag::LocalClusterSecretWatcher);
        let secrets = (config.is_some() && secrets_here).then(|| {
            let server = dial.server(own.clone());
            Source::open(&id, server, Reading::Secrets, &context)
        });
        let server = dial.server(config.unwrap_or(own));
        Self {
            config: Source::open(&id, server, Reading::Configuration, &context),
            secrets,
            registries: Registries::new(id.clone(), plane.namespace.as_str()),
            change: plane.mechanisms.kubeconfig_change.value,
            config_cluster: id,
            context,
            dial,
            seen: BTreeMap::new(),
            remotes: BTreeMap::new(),
        }
    }

    /// The cluster that holds the configuration.
    pub(crate) fn config(&self) -> &Source {
        &self.config
    }

    /// Takes note of remote secrets that came, changed or went, and of readers that are done.
    pub(crate) fn advance(&mut self) {
        let secrets = self.remote_secrets();
        let gone: Vec<SecretKey> = self
            .seen
            .keys()
            .filter(|key| !secrets.contains_key(key))
            .cloned()
            .collect();
        for key in gone {
            self.seen.remove(&key);
            let changes = self.registries.delete(&key);
            changes
                .into_iter()
                .for_each(|change| self.follow(change.value));
        }
        for (key, data) in secrets {
            if self.seen.get(&key) == Some(&data) {
                continue;
            }
            let changes = self.registries.put(&key, &data);
            self.seen.insert(key, data);
            changes
                .into_iter()
                .for_each(|change| self.follow(change.value));
        }
        self.remotes.values_mut().for_each(Remote::advance);
    }

    /// The registries that count, in their order, the config cluster first.
    pub(crate) fn known(&self) -> Vec<(ClusterId, &Source)> {
        let known = self.registries.known().into_iter();
        known
            .filter_map(|(id, _)| match *id == self.config_cluster {
                true => Some((id.clone(), &self.config)),
                false => {
                    let remote = self.remotes.get(id).filter(|remote| remote.counts)?;
                    Some((id.clone(), remote.current.as_ref()?))
                }
            })
            .collect()
    }

    /// The API server of a cluster that can be asked about tokens.
    pub(crate) fn server(&self, cluster: &ClusterId) -> Option<Server> {
        if *cluster == self.config_cluster {
            return Some(self.config.server.clone());
        }
        let remote = self.remotes.get(cluster)?;
        let source = remote.current.as_ref().or(remote.next.as_ref())?;
        Some(source.server.clone())
    }

    /// The clusters behind remote secrets that have a reader.
    pub(crate) fn remotes(&self) -> impl Iterator<Item = (&ClusterId, &Source)> {
        let reader = |remote: &'_ Remote| -> bool { remote.current.is_some() };
        self.remotes
            .iter()
            .filter(move |(_, remote)| reader(remote))
            .filter_map(|(id, remote)| Some((id, remote.current.as_ref()?)))
    }

    /// Whether istiod may call itself ready: everything was read once, or was waited for in vain.
    pub(crate) fn is_ready(&self, patience: std::time::Duration) -> bool {
        let done = |remote: &Remote| {
            remote.counts || remote.error.is_some() || remote.since.elapsed() >= patience
        };
        self.config.is_synced()
            && self.secrets.as_ref().is_none_or(Source::is_synced)
            && self.remotes.values().all(done)
    }

    /// How far each cluster is known.
    pub(crate) fn states(&self) -> Vec<SyncState> {
        let own = SyncState {
            cluster: self.config_cluster.clone(),
            synced: self.config.is_synced(),
            error: first_failure(&self.config),
        };
        let remotes = self.remotes.iter().map(|(id, remote)| SyncState {
            cluster: id.clone(),
            synced: remote.counts && remote.error.is_none(),
            error: remote.error.clone().or_else(|| {
                let reader = remote.current.as_ref().or(remote.next.as_ref());
                reader.and_then(first_failure)
            }),
        });
        std::iter::once(own).chain(remotes).collect()
    }

    fn remote_secrets(&self) -> BTreeMap<SecretKey, BTreeMap<ClusterId, Vec<u8>>> {
        let source = self.secrets.as_ref().unwrap_or(&self.config);
        let tables = source.tables();
        let labelled = tables
            .secrets
            .iter()
            .filter(|(_, secret)| is_remote_secret(secret));
        labelled
            .map(|(key, secret)| (secret_key(key), data(secret)))
            .collect()
    }

    fn follow(&mut self, change: Change) {
        match change {
            Change::Added(id) => self.add(id),
            Change::Replaced(id) => self.replace(id),
            Change::Removed(id) => drop(self.remotes.remove(&id)),
            Change::Ignored(_) => {}
        }
    }

    /// A reader by the kubeconfig that the registries hold.
    fn reader(&self, id: &ClusterId) -> Result<Source, String> {
        let kubeconfig = self.registries.kubeconfig(id).unwrap_or_default();
        let access = access::access(kubeconfig).map_err(|error| error.to_string())?;
        let server = self.dial.server(access);
        Ok(Source::open(id, server, Reading::Remote, &self.context))
    }

    fn add(&mut self, id: ClusterId) {
        let remote = match self.reader(&id) {
            Ok(source) => Remote::reading(source),
            Err(error) => {
                let who = &self.context.who;
                self.dial
                    .log
                    .note(who, format_args!("cluster {id}: {error}"));
                Remote::failed(error)
            }
        };
        self.remotes.insert(id, remote);
    }

    /// The bytes of a kubeconfig changed.
    fn replace(&mut self, id: ClusterId) {
        let (reader, change) = (self.reader(&id), self.change);
        let Some(remote) = self.remotes.get_mut(&id) else {
            return self.add(id);
        };
        match change {
            KubeconfigChange::ForgetThenAdd => {
                *remote = reader.map_or_else(Remote::failed, Remote::reading);
            }
            KubeconfigChange::StopThenReplace => {
                if let Some(old) = &mut remote.current {
                    old.stop();
                }
                remote.renew(reader);
            }
            KubeconfigChange::Swap(_) => remote.renew(reader),
        }
    }
}

impl Remote {
    fn reading(source: Source) -> Self {
        Self {
            current: None,
            next: Some(source),
            since: Instant::now(),
            counts: false,
            error: None,
        }
    }

    fn failed(error: String) -> Self {
        Self {
            current: None,
            next: None,
            since: Instant::now(),
            counts: false,
            error: Some(error),
        }
    }

    /// What is known stays until a new reader has read everything.
    fn renew(&mut self, reader: Result<Source, String>) {
        self.since = Instant::now();
        match reader {
            Ok(source) => {
                self.next = Some(source);
                self.error = None;
            }
            Err(error) => {
                self.next = None;
                self.error = Some(error);
            }
        }
    }

    fn advance(&mut self) {
        if self.next.as_ref().is_some_and(Source::is_synced) {
            self.current = self.next.take();
            self.counts = true;
        }
    }
}

fn first_failure(source: &Source) -> Option<String> {
    source.tables().failures.values().next().cloned()
}

fn is_remote_secret(secret: &Secret) -> bool {
    let labels = secret.metadata.labels.as_ref();
    let value = labels.and_then(|labels| labels.get(REMOTE_SECRET.0));
    value.is_some_and(|value| value == REMOTE_SECRET.1)
}

fn secret_key(key: &Key) -> SecretKey {
    SecretKey {
        namespace: key.namespace.to_string(),
        name: key.name.to_string(),
    }
}

fn data(secret: &Secret) -> BTreeMap<ClusterId, Vec<u8>> {
    let entries = secret.data.iter().flatten();
    entries
        .map(|(id, kubeconfig)| (id.as_str().into(), kubeconfig.0.clone()))
        .collect()
}
