//! A connection to the daemon, and its errors in our words.

use std::{path::Path, time::Duration};

use bollard::errors::Error as Met;

use crate::{Error, Result, doctor::Daemon};

/// A connection to the daemon that `DOCKER_HOST` names, or the local one.
#[derive(Debug, Clone)]
pub(crate) struct Docker {
    pub(super) api: bollard::Docker,
}

/// How long the daemon may take to begin its answer. Creating a container copies the image's `/var`
/// into a volume first, which takes its time on slow disks.
const PATIENCE: u64 = 240;

impl Docker {
    /// Connects to the daemon that `DOCKER_HOST` names, or the local one, and asks for an answer.
    pub(crate) async fn connect() -> Result<Self> {
        let at = std::env::var("DOCKER_HOST").unwrap_or_else(|_| "the local socket".to_owned());
        Self::answering(bollard::Docker::connect_with_defaults(), at).await
    }

    /// Connects to the daemon behind a Unix socket and asks for an answer.
    pub(crate) async fn connect_at(socket: &Path) -> Result<Self> {
        let at = socket.display().to_string();
        let version = bollard::API_DEFAULT_VERSION;
        Self::answering(
            bollard::Docker::connect_with_unix(&at, PATIENCE, version),
            at,
        )
        .await
    }

    async fn answering(api: Result<bollard::Docker, Met>, at: String) -> Result<Self> {
        let answering = async {
            let api = api?.with_timeout(Duration::from_secs(PATIENCE));
            api.ping().await?;
            Ok(api)
        };
        match answering.await {
            Ok(api) => Ok(Self { api }),
            Err(source) if is_forbidden(&source) => Err(Error::Forbidden { at, source }),
            Err(source) => Err(Error::NoDaemon { at, source }),
        }
    }
}

/// Whether the system or the daemon says that we may not.
fn is_forbidden(error: &Met) -> bool {
    match error {
        Met::DockerResponseServerError { status_code, .. } => {
            return matches!(status_code, 401 | 403);
        }
        // Says its cause's words as its own, and so leaves it out of the chain.
        Met::IOError { err } => return err.kind() == std::io::ErrorKind::PermissionDenied,
        _ => {}
    }
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        let io = error.downcast_ref::<std::io::Error>();
        if io.is_some_and(|io| io.kind() == std::io::ErrorKind::PermissionDenied) {
            return true;
        }
        cause = error.source();
    }
    false
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
        } => refused(doing, status_code, message),
        source => Error::Connection { doing, source },
    }
}

/// What the daemon refused; the words are matched in the middle, newer daemons put others in front.
fn refused(doing: String, status: u16, message: String) -> Error {
    if message.contains("Pool overlaps") {
        return Error::RangeTaken { doing };
    }
    if status == 409 && message.contains("is already in use by container") {
        return Error::NameTaken { doing };
    }
    Error::Daemon {
        doing,
        status,
        message,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_that_may_not_be_opened_is_no_missing_daemon() {
        let denied = Met::IOError {
            err: std::io::ErrorKind::PermissionDenied.into(),
        };
        let absent = Met::IOError {
            err: std::io::ErrorKind::NotFound.into(),
        };
        assert!(is_forbidden(&denied));
        assert!(!is_forbidden(&absent));
    }
}
