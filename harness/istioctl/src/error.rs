//! What keeps Istio's objects from being made.

use std::path::PathBuf;

use world::Version;

/// The result of everything in this room.
pub type Result<T> = std::result::Result<T, Error>;

/// Why there are no objects.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The program could not be started.
    #[error(
        "{} cannot be run; install istioctl {version} there, or name another with --istioctl", path.display()
    )]
    NotStarted {
        /// Where it was looked for.
        path: PathBuf,
        /// The version that is wanted of it.
        version: Version,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The program is of another version, whose charts differ.
    #[error(
        "{} is istioctl {found}, but {wanted} is to be installed; write {{version}} into --istioctl where \
         versions lie side by side", path.display()
    )]
    OtherVersion {
        /// The program.
        path: PathBuf,
        /// Its version.
        found: String,
        /// The version that is wanted.
        wanted: Version,
    },
    /// The program ended with an error.
    #[error("istioctl {version} {doing}: {said}")]
    Refused {
        /// Its version.
        version: Version,
        /// What it was to do.
        doing: &'static str,
        /// Its words.
        said: String,
    },
    /// What it wrote is no list of objects.
    #[error("read what istioctl wrote")]
    Unreadable(#[from] serde_yaml::Error),
    /// The operator could not be written for it.
    #[error("write the IstioOperator for istioctl")]
    Unwritable(#[source] serde_json::Error),
}
