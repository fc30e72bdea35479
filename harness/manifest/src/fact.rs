//! Facts: what only exists once earlier stages live, and what a later stage needs of it.

use std::{collections::BTreeMap, fmt};

use jiff::Timestamp;
use pki::Seed;
use serde_json::Value;
use world::{ClusterName, VmName};

use crate::ManifestError;

/// A named thing in a namespace of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct At {
    /// The cluster.
    pub cluster: ClusterName,
    /// The namespace.
    pub namespace: String,
    /// The name.
    pub name: String,
}

/// A fact that a stage cannot do without.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Need {
    /// Where a cluster's API server is reached from other clusters, and whose certificate it shows.
    ApiServer(ClusterName),
    /// The token in a Secret of type `kubernetes.io/service-account-token`.
    Token(At),
    /// The address of a Service of type LoadBalancer.
    Address(At),
    /// `root-cert.pem` of a ConfigMap that istiod keeps in every namespace.
    RootCertificate(At),
    /// A token of a VM's service account for the audience `istio-ca`.
    VmToken(VmName),
}

/// An API server as other clusters see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiServer {
    /// Its URL, for example `https://172.18.0.2:6443`: an address that is among the names of its
    /// certificate and reachable from the other clusters' pods.
    pub url: String,
    /// The CA of its certificate, as PEM.
    pub ca: String,
}

/// What is known so far. Seed and clock are known from the start; the rest is learnt.
#[derive(Debug, Clone)]
pub struct Facts {
    seed: Seed,
    now: Timestamp,
    api_servers: BTreeMap<ClusterName, ApiServer>,
    texts: BTreeMap<Need, String>,
    overlays: BTreeMap<ClusterName, Vec<Value>>,
}

impl At {
    /// Names a thing.
    pub fn new(
        cluster: &ClusterName,
        namespace: impl Into<String>,
        name: impl Into<String>,
    ) -> Self {
        Self {
            cluster: cluster.clone(),
            namespace: namespace.into(),
            name: name.into(),
        }
    }
}

impl Facts {
    /// What is known before anything lives: the seed of every key and the clock of every
    /// certificate.
    pub fn new(seed: Seed, now: Timestamp) -> Self {
        Self {
            seed,
            now,
            api_servers: BTreeMap::new(),
            texts: BTreeMap::new(),
            overlays: BTreeMap::new(),
        }
    }

    /// Learns where an API server is.
    pub fn learn_api_server(&mut self, cluster: ClusterName, api_server: ApiServer) {
        self.api_servers.insert(cluster, api_server);
    }

    /// Learns any other fact. A need for an API server is answered by [`Self::learn_api_server`]
    /// only; here it is kept and never looked at.
    pub fn learn(&mut self, need: Need, text: impl Into<String>) {
        self.texts.insert(need, text.into());
    }

    /// Learns that a cluster is installed with other values than its topology says: a tree that is
    /// merged over them (RFC 7386, so `null` removes a key), for a deliberate violation.
    pub fn overlay_values(&mut self, cluster: ClusterName, values: Value) {
        self.overlays.entry(cluster).or_default().push(values);
    }

    pub(crate) fn overlays(&self, cluster: &ClusterName) -> &[Value] {
        self.overlays.get(cluster).map_or(&[], Vec::as_slice)
    }

    /// Whether a need is met.
    pub fn has(&self, need: &Need) -> bool {
        match need {
            Need::ApiServer(cluster) => self.api_servers.contains_key(cluster),
            other => self.texts.contains_key(other),
        }
    }

    /// The clock that certificates are made at.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The seed of every key.
    pub fn seed(&self) -> &Seed {
        &self.seed
    }

    pub(crate) fn api_server(&self, cluster: &ClusterName) -> Result<&ApiServer, ManifestError> {
        let missing = || ManifestError::MissingFact {
            need: Need::ApiServer(cluster.clone()),
        };
        self.api_servers.get(cluster).ok_or_else(missing)
    }

    pub(crate) fn text(&self, need: &Need) -> Result<&str, ManifestError> {
        let missing = || ManifestError::MissingFact { need: need.clone() };
        self.texts.get(need).map(String::as_str).ok_or_else(missing)
    }
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{} in {}", self.namespace, self.name, self.cluster)
    }
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ApiServer(cluster) => write!(f, "the API server's address of {cluster}"),
            Self::Token(secret) => write!(f, "the token in Secret {secret}"),
            Self::Address(service) => write!(f, "the load-balancer address of Service {service}"),
            Self::RootCertificate(map) => write!(f, "root-cert.pem of ConfigMap {map}"),
            Self::VmToken(vm) => write!(f, "the istio-ca token of VM {vm}"),
        }
    }
}
