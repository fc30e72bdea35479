//! What an engine is: it brings a substrate up and hands over what then stands there.

use std::{collections::BTreeMap, net::Ipv4Addr, time::Duration};

use futures::future::BoxFuture;
use kube::Client;
use world::{
    Capabilities, Capability, ClusterName, NotModelled, Substrate, SubstrateFault, VmName,
};

use crate::{Deadline, Error, MeshView, Prober, Result};

/// A way to have clusters.
pub trait Engine: Send + Sync {
    /// Its name in reports and in `ISTHMUS_ENGINE`, for example `sim`.
    fn name(&self) -> &str;

    /// What it can do; compared with a scenario's needs before anything starts.
    fn capabilities(&self) -> Capabilities;

    /// Brings `substrate` up: every API server answers and every node is ready.
    ///
    /// # Errors
    /// If it did not come up in time or cannot be built as described; nothing is left behind.
    fn bring_up<'a>(
        &'a self,
        substrate: &'a Substrate,
        options: BringUp,
    ) -> BoxFuture<'a, Result<Box<dyn Environment>>>;
}

/// How a substrate is brought up.
#[derive(Debug, Clone)]
pub struct BringUp {
    /// Names the run in labels of everything that is created.
    pub run: String,
    /// The seed of everything that is drawn.
    pub seed: u64,
    /// Until when it must be up.
    pub deadline: Deadline,
}

/// How the API server of a cluster is reached from other clusters: what a remote secret holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiEndpoint {
    /// For example `https://172.18.0.3:6443`.
    pub url: String,
    /// The certificate authority of its serving certificate, in PEM.
    pub ca_pem: String,
}

/// Names an injected fault until it is healed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct FaultHandle(pub u64);

/// What stands there once a substrate is up.
///
/// Time goes through tokio (`tokio::time::sleep_until`, [`Deadline`]), so that waits of hours cost
/// nothing where the clock is virtual.
pub trait Environment: Send + Sync {
    /// The client of a cluster's administrator.
    ///
    /// # Errors
    /// [`crate::Error::NoCluster`].
    fn client(&self, cluster: &ClusterName) -> Result<Client>;

    /// How others reach a cluster's API server.
    ///
    /// # Errors
    /// [`crate::Error::NoCluster`].
    fn api_endpoint(&self, cluster: &ClusterName) -> Result<ApiEndpoint>;

    /// A machine outside every cluster.
    ///
    /// # Errors
    /// [`crate::Error::NoVm`], or [`crate::Error::NotCapable`] where there can be none.
    fn machine(&self, vm: &VmName) -> Result<Box<dyn Machine>>;

    /// The instrument that asks.
    fn prober(&self) -> &dyn Prober;

    /// What the mesh says of itself.
    ///
    /// # Errors
    /// [`Error::NotCapable`] where nothing but its effects can be seen.
    fn mesh(&self) -> Result<&dyn MeshView> {
        Err(Error::NotCapable(Capability::MeshEvidence))
    }

    /// Everything so far that the engine met, does not model, and that could change an answer. A
    /// real cluster models nothing and so leaves nothing out.
    fn not_modelled(&self) -> Vec<NotModelled> {
        Vec::new()
    }

    /// Takes a namespace for the workloads of this run, before anything is put into it. Clusters of
    /// one's own need no such thing.
    ///
    /// # Errors
    /// If somebody else has it.
    fn claim<'a>(
        &'a self,
        _cluster: &'a ClusterName,
        _namespace: &'a str,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(std::future::ready(Ok(())))
    }

    /// Injects a fault, which stays until it is healed.
    ///
    /// # Errors
    /// [`crate::Error::NotCapable`], or what the machinery met.
    fn inject<'a>(&'a self, fault: &'a SubstrateFault) -> BoxFuture<'a, Result<FaultHandle>>;

    /// Heals a fault; healing one twice is no error.
    ///
    /// # Errors
    /// What the machinery met.
    fn heal(&self, fault: FaultHandle) -> BoxFuture<'_, Result<()>>;

    /// How long the environment has been up, on its own clock.
    fn elapsed(&self) -> Duration;

    /// Takes everything down that was brought up, in reverse.
    ///
    /// # Errors
    /// What could not be removed and how to remove it.
    fn tear_down(self: Box<Self>) -> BoxFuture<'static, Result<()>>;
}

/// A machine outside every cluster: files, the mesh's agent, an application.
pub trait Machine: Send + Sync {
    /// Its address in its network.
    fn address(&self) -> Ipv4Addr;

    /// Writes files by absolute path, as `istioctl x workload entry configure` makes them.
    ///
    /// # Errors
    /// What the machinery met.
    fn write(&self, files: BTreeMap<String, Vec<u8>>) -> BoxFuture<'_, Result<()>>;

    /// Starts the agent on the files that were written, or starts it anew.
    ///
    /// # Errors
    /// What the machinery met. An agent that starts and is turned away is no error: the mesh shows it.
    fn start_agent(&self) -> BoxFuture<'_, Result<()>>;

    /// Stops the agent.
    ///
    /// # Errors
    /// What the machinery met.
    fn stop_agent(&self) -> BoxFuture<'_, Result<()>>;

    /// Starts an application that answers on its port.
    ///
    /// # Errors
    /// What the machinery met.
    fn start_app(&self, app: App) -> BoxFuture<'_, Result<()>>;
}

/// An application on a machine: the sample that says who answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct App {
    /// The TCP port it listens on.
    pub port: u16,
    /// What it says its version is.
    pub version: String,
}
