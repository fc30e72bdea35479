//! What a stage waits for: conditions as values, for whoever has a client to evaluate. That
//! definitions are established is none of them: whoever applies them sees to it, because what is
//! applied with them may need them.

use std::fmt;

use world::ClusterName;

use crate::At;

/// A condition on the objects of a cluster. It becomes true once, and the next stage relies on it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Await {
    /// A Deployment has as many available replicas of its newest template as it asks for.
    Available(At),
    /// A Service of type LoadBalancer has an address in its status.
    Address(At),
    /// A Secret has a key that is not empty, for example the `token` that a controller fills in.
    SecretKey {
        /// The Secret.
        secret: At,
        /// The key.
        key: String,
    },
    /// A ConfigMap has a key that is not empty: istiod reached the cluster and may write there.
    ConfigMapKey {
        /// The ConfigMap.
        config_map: At,
        /// The key.
        key: String,
    },
    /// Every webhook of a MutatingWebhookConfiguration has a `caBundle`: istiod wrote it.
    CaBundle {
        /// The cluster.
        cluster: ClusterName,
        /// The configuration.
        webhooks: String,
    },
}

impl Await {
    /// In which cluster to look.
    pub fn cluster(&self) -> &ClusterName {
        match self {
            Self::CaBundle { cluster, .. } => cluster,
            Self::Available(at) | Self::Address(at) => &at.cluster,
            Self::SecretKey { secret, .. } => &secret.cluster,
            Self::ConfigMapKey { config_map, .. } => &config_map.cluster,
        }
    }
}

impl fmt::Display for Await {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Available(at) => write!(f, "Deployment {at} is available"),
            Self::Address(at) => write!(f, "Service {at} has a load-balancer address"),
            Self::SecretKey { secret, key } => write!(f, "Secret {secret} has {key}"),
            Self::ConfigMapKey { config_map, key } => {
                write!(f, "ConfigMap {config_map} has {key}")
            }
            Self::CaBundle { cluster, webhooks } => {
                write!(f, "the webhooks {webhooks} in {cluster} have a caBundle")
            }
        }
    }
}
