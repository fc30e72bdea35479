//! What a server is started with.

use ipnet::Ipv4Net;

use crate::clock::Clock;

/// What a server is started with. Two servers of equal configuration answer equally.
#[derive(Debug, Clone)]
pub struct Config {
    /// The cluster's name; identifiers differ between clusters of one seed.
    pub cluster: String,
    /// Where identifiers and keys come from.
    pub seed: u64,
    /// The time.
    pub clock: Clock,
    /// How many changes of each resource are remembered for watches at most. Changes that are more
    /// than 75 s old are forgotten as soon as 100 newer ones are there, as kube-apiserver does. A watch
    /// from before what is remembered is told 410.
    pub watch_window: usize,
    /// The addresses of Services.
    pub service_cidr: Ipv4Net,
    /// The issuer of service-account tokens.
    pub issuer: String,
    /// The certificate authority that pods are given in `kube-root-ca.crt`, as PEM.
    ///
    /// With it, every namespace gets a `default` ServiceAccount and that ConfigMap at once, as
    /// kube-controller-manager does a moment later, and pods must name a ServiceAccount that
    /// exists. Without it the server behaves as a kube-apiserver alone does with the
    /// ServiceAccount admission plugin turned off.
    pub cluster_ca: Option<String>,
}

impl Config {
    /// A server with the defaults of kubeadm.
    ///
    /// # Panics
    /// Never: the literals are well-formed.
    #[must_use]
    pub fn new(cluster: &str, seed: u64, clock: Clock) -> Self {
        Self {
            cluster: cluster.to_owned(),
            seed,
            clock,
            watch_window: 10_000,
            service_cidr: "10.96.0.0/16".parse().expect("a well-formed literal"),
            issuer: "https://kubernetes.default.svc.cluster.local".to_owned(),
            cluster_ca: None,
        }
    }
}
