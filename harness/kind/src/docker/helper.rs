//! Containers that do one thing for us and end: a shell script of ours in an image that is there anyway.

use bollard::{
    models::{ContainerCreateBody, HostConfig},
    query_parameters::{CreateContainerOptions, WaitContainerOptions},
};
use futures::StreamExt as _;

use super::connect::{Docker, met};
use crate::{Error, Result, label::Labels};

/// What a helper does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HelperSpec<'a> {
    pub(crate) image: &'a str,
    pub(crate) script: &'a str,
    /// `$1` and so on.
    pub(crate) arguments: Vec<String>,
    /// Volumes and directories, as `from:to`.
    pub(crate) binds: Vec<String>,
    pub(crate) labels: Labels,
    /// The container whose network it is in; none at all if left out.
    pub(crate) beside: Option<String>,
}

impl Docker {
    /// Starts a helper, which has every privilege; returns its id.
    pub(crate) async fn helper(&self, spec: HelperSpec<'_>) -> Result<String> {
        let temporary = ["/tmp", "/run"].map(|path| (path.to_owned(), String::new()));
        let host = HostConfig {
            privileged: Some(true),
            security_opt: Some(vec![
                "seccomp=unconfined".to_owned(),
                "apparmor=unconfined".to_owned(),
            ]),
            network_mode: Some(match spec.beside {
                Some(id) => format!("container:{id}"),
                None => "none".to_owned(),
            }),
            tmpfs: Some(temporary.into_iter().collect()),
            binds: Some(spec.binds),
            ..HostConfig::default()
        };
        let script = ["-c", spec.script, "helper"].map(str::to_owned);
        let body = ContainerCreateBody {
            image: Some(spec.image.to_owned()),
            entrypoint: Some(vec!["/bin/sh".to_owned()]),
            cmd: Some(script.into_iter().chain(spec.arguments).collect()),
            labels: Some(spec.labels.into_iter().collect()),
            host_config: Some(host),
            ..ContainerCreateBody::default()
        };
        let created = self
            .api
            .create_container(None::<CreateContainerOptions>, body);
        let id = created.await.map_err(met("create a helper"))?.id;
        self.start(&id).await?;
        Ok(id)
    }

    /// Waits until a container has ended well.
    pub(crate) async fn ended(&self, id: &str) -> Result<()> {
        let mut ends = self.api.wait_container(id, None::<WaitContainerOptions>);
        let code = match ends.next().await {
            Some(Ok(end)) => end.status_code,
            Some(Err(bollard::errors::Error::DockerContainerWaitError { code, .. })) => code,
            Some(Err(error)) => return Err(met(format!("wait for container {id}"))(error)),
            None => 0,
        };
        if code == 0 {
            return Ok(());
        }
        Err(Error::Command {
            node: id.to_owned(),
            command: "a helper".to_owned(),
            code,
            output: self.log_tail(id, 20).await?,
        })
    }
}
