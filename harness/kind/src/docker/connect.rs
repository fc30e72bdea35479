//! A connection to the daemon, and its errors in our words.

use bollard::errors::Error as Met;

use crate::{Error, Result, doctor::Daemon};

/// A connection to the daemon that `DOCKER_HOST` names, or the local one.
#[derive(Debug, Clone)]
pub(crate) struct Docker {
    pub(super) api: bollard::Docker,
}

impl Docker {
    /// Connects and asks for an answer.
    pub(crate) async fn connect() -> Result<Self> {
        let at = std::env::var("DOCKER_HOST").unwrap_or_else(|_| "the local socket".to_owned());
        let api = bollard::Docker::connect_with_defaults().map_err(|source| Error::NoDaemon {
            at: at.clone(),
            source,
        })?;
        api.ping()
            .await
            .map_err(|source| Error::NoDaemon { at, source })?;
        Ok(Self { api })
    }
}

impl Docker {
    /// What the daemon says of itself.
    pub(crate) async fn daemon(&self) -> Result<Daemon> {
        let doing = "ask the daemon about itself";
        let info = self.api.info().await.map_err(met(doing))?;
        let version = self.api.version().await.map_err(met(doing))?;
        let options = info.security_options.unwrap_or_default();
        Ok(Daemon {
            version: version.version.unwrap_or_default(),
            api: version.api_version.unwrap_or_default(),
            os: info.os_type.unwrap_or_default(),
            cgroup: info
                .cgroup_version
                .map(|version| version.to_string())
                .unwrap_or_default(),
            root: info.docker_root_dir.unwrap_or_default(),
            memory: info
                .mem_total
                .and_then(|bytes| u64::try_from(bytes).ok())
                .unwrap_or_default(),
            rootless: options.iter().any(|option| option.contains("rootless")),
        })
    }
}

/// Puts what the client met into words.
pub(super) fn met(doing: impl Into<String>) -> impl FnOnce(Met) -> Error {
    let doing = doing.into();
    move |error| match error {
        Met::DockerResponseServerError {
            status_code,
            message,
        } => Error::Daemon {
            doing,
            status: status_code,
            message,
        },
        source => Error::Connection { doing, source },
    }
}

/// Whether the daemon says that the thing is not there.
pub(super) fn is_absent(error: &Met) -> bool {
    matches!(
        error,
        Met::DockerResponseServerError {
            status_code: 404,
            ..
        }
    )
}
