//! What keeps objects from being rendered.

use pki::PkiError;
use world::ClusterName;

use crate::Need;

/// Why objects could not be rendered or altered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// A tree that is no Kubernetes object.
    #[error("the object has no {field}: write apiVersion, kind and metadata.name")]
    NotAnObject {
        /// A JSON pointer to what is missing.
        field: &'static str,
    },
    /// A stage was rendered before what it needs was known.
    #[error("{need} is not known yet; render the stage after the one that brings it about")]
    MissingFact {
        /// What is missing.
        need: Need,
    },
    /// Certificates could not be made.
    #[error("make certificates for {cluster}")]
    Certificates {
        /// For which cluster.
        cluster: ClusterName,
        /// Why.
        #[source]
        source: PkiError,
    },
    /// A deliberate violation that changes nothing proves nothing.
    #[error("no object matches {wanted}{nearest}")]
    NothingMatches {
        /// What was looked for.
        wanted: String,
        /// The most similar object, as a suffix of the message; empty without one.
        nearest: String,
    },
    /// A patch took away what makes an object an object.
    #[error("the patch of {object} leaves no Kubernetes object: keep apiVersion, kind and name")]
    PatchedAway {
        /// The object before.
        object: String,
    },
}
