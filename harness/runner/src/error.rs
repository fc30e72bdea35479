//! Why a trial could not go on; never a statement about the mesh.

/// The result of this room.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What kept a trial from being carried out. It makes the trial inconclusive.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The engine or a cluster failed.
    #[error("failed to {doing}: {source}")]
    Engine {
        /// What was going on.
        doing: String,
        /// What the engine met.
        #[source]
        source: Box<engine::Error>,
    },
    /// Objects could not be rendered.
    #[error("failed to {doing}: {source}")]
    Manifest {
        /// What was going on.
        doing: String,
        /// Why.
        #[source]
        source: Box<manifest::ManifestError>,
    },
    /// Istio's charts could not be rendered.
    #[error("failed to {doing}: {source}")]
    Charts {
        /// What was going on.
        doing: String,
        /// What istioctl met.
        #[source]
        source: Box<istioctl::Error>,
    },
    /// Certificates could not be made.
    #[error("failed to {doing}: {source}")]
    Certificates {
        /// What was going on.
        doing: String,
        /// Why.
        #[source]
        source: Box<pki::PkiError>,
    },
    /// Something the scenario refers to is not there while it runs.
    #[error("{what} is not there: {why}")]
    Missing {
        /// What.
        what: String,
        /// Why.
        why: String,
    },
}

/// Adds what was going on to an error of a lower room.
pub(crate) trait Doing<T> {
    fn doing(self, doing: impl Into<String>) -> Result<T>;
}

impl<T> Doing<T> for engine::Result<T> {
    fn doing(self, doing: impl Into<String>) -> Result<T> {
        self.map_err(|source| Error::Engine {
            doing: doing.into(),
            source: Box::new(source),
        })
    }
}

impl<T> Doing<T> for std::result::Result<T, manifest::ManifestError> {
    fn doing(self, doing: impl Into<String>) -> Result<T> {
        self.map_err(|source| Error::Manifest {
            doing: doing.into(),
            source: Box::new(source),
        })
    }
}

impl<T> Doing<T> for std::result::Result<T, pki::PkiError> {
    fn doing(self, doing: impl Into<String>) -> Result<T> {
        self.map_err(|source| Error::Certificates {
            doing: doing.into(),
            source: Box::new(source),
        })
    }
}
