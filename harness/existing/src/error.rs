//! What keeps clusters that exist from being used.

use world::ClusterName;

/// The result of everything in this room.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a cluster is not used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// What was written is no pair.
    #[error("'{written}' is no {what}; write {example}")]
    NotAPair {
        /// What was written.
        written: String,
        /// What it should be.
        what: &'static str,
        /// How it is written.
        example: &'static str,
    },
    /// The file is not there or no kubeconfig.
    #[error("read the kubeconfig {path}: {source}")]
    Kubeconfig {
        /// The file.
        path: String,
        /// Why not.
        #[source]
        source: Box<kube::config::KubeconfigError>,
    },
    /// The kubeconfig has no such context.
    #[error("the kubeconfig has no context '{context}'; it has {known}")]
    NoContext {
        /// What was asked for.
        context: String,
        /// What there is.
        known: String,
    },
    /// Nobody said that this cluster may be used.
    #[error(
        "context '{context}' leads to {server}, which nobody has allowed; add --allow {context}={server} if \
         scenarios may be run there"
    )]
    NotAllowed {
        /// The context.
        context: String,
        /// The API server that the kubeconfig names for it.
        server: String,
    },
    /// The topology has a cluster that nobody mapped to a context.
    #[error("no context is named for cluster {0}; add --context {0}=CONTEXT")]
    NotMapped(ClusterName),
    /// A namespace that is to be made is there.
    #[error(
        "namespace {namespace} exists in {cluster} and is not of this run; scenarios are run in namespaces of \
         their own: remove it if it is left over, or give the workloads another namespace"
    )]
    Taken {
        /// The namespace.
        namespace: String,
        /// The cluster.
        cluster: ClusterName,
    },
    /// A cluster did not do what was asked.
    #[error("{doing} in {cluster}: {source}")]
    Cluster {
        /// What was going on.
        doing: &'static str,
        /// The cluster.
        cluster: ClusterName,
        /// What it said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl From<Error> for engine::Error {
    fn from(error: Error) -> Self {
        engine::Error::Machinery {
            doing: "use clusters that exist".to_owned(),
            source: Box::new(error),
        }
    }
}
