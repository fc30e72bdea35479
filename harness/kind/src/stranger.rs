//! Asking from outside every cluster: scripts in containers that no API server knows of.

use engine::Error;
use futures::future::{BoxFuture, FutureExt as _};
use live::Shell;
use tokio::sync::OnceCell;
use world::{Capability, Client};

use crate::{
    docker::{Docker, PlainSpec},
    machine::Machines,
};

/// Machines, and the client that is in no network of the mesh.
pub(crate) struct Strangers {
    docker: Docker,
    machines: Machines,
    /// The client outside, and its container once somebody has asked from there.
    outside: Option<PlainSpec>,
    started: OnceCell<String>,
}

impl Strangers {
    pub(crate) fn new(docker: Docker, machines: Machines, outside: Option<PlainSpec>) -> Self {
        Self {
            docker,
            machines,
            outside,
            started: OnceCell::new(),
        }
    }

    /// The container of a client.
    async fn container(&self, client: &Client) -> engine::Result<String> {
        match client {
            Client::Vm(name) => Ok(self.machines.get(name)?.id.clone()),
            Client::Outside => Ok(self.outside().await?.clone()),
            Client::Pod { cluster, .. } => Err(Error::NoCluster(cluster.clone())),
        }
    }

    /// The client outside, which is started when it is first asked from.
    async fn outside(&self) -> engine::Result<&String> {
        let spec = self.outside.as_ref();
        let spec = spec.ok_or(Error::NotCapable(Capability::OutsideClient))?;
        let start = || async { Ok(self.docker.start_plain(spec).await?) };
        self.started.get_or_try_init(start).await
    }
}

impl Shell for Strangers {
    fn run<'a>(
        &'a self,
        client: &'a Client,
        script: &'a str,
    ) -> BoxFuture<'a, engine::Result<String>> {
        async move {
            let id = self.container(client).await?;
            Ok(self.docker.must(&id, &["sh", "-c", script], None).await?)
        }
        .boxed()
    }
}
