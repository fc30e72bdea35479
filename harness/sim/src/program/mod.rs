//! What runs in containers, and how it is spoken to.
//!
//! An [`Image`] starts a [`Process`] when a kubelet starts a container. A process opens ports on
//! its pod's address; behind each port is a [`Serve`]. What an image does is found by its name in
//! [`Images`]: later rooms add istiod and the proxy there.
//!
//! Reading order: this file, [`Declared`] (a container as its pod has it), [`kubelet`] (what else
//! it is given), [`wire`] (what goes over a connection), [`trail`] (what stations say of it),
//! [`sample`] (the applications of the samples), [`command`] (containers that run an ordinary
//! command).

pub mod command;
mod declared;
pub mod kubelet;
pub mod sample;
pub mod trail;
pub mod wire;

use std::{net::SocketAddrV4, sync::Arc};

use apiserver::{Clock, Pod};
use futures::future::BoxFuture;
use k8s_openapi::api::core::v1::Container;
use tokio::sync::watch;
use world::{ClusterName, Locality, VmName};

use crate::{
    log::EventLog,
    net::{Broken, Conn, Host, Net, Origin},
    random::Seed,
    remote::ApiPort,
};

pub use declared::Declared;
pub use kubelet::{Files, Kubelet};
pub use trail::{Seen, Trail};
pub use wire::{Hello, HttpRequest, Opaque, Reply, Request, Sent, ServedBy};

/// Answers on a port.
pub trait Serve: Send + Sync {
    /// Answers one request of one connection.
    fn serve(&self, request: Request) -> BoxFuture<'_, Reply>;

    /// A connection is opened to `to`, as the client wrote it before any redirect of the server's
    /// host: what is asked on it from now on. A server that keeps nothing per connection is its
    /// own session.
    fn accept(self: Arc<Self>, from: &Origin, to: SocketAddrV4) -> Arc<dyn Serve>;

    /// The Kubernetes API behind this port, if there is one.
    fn api(&self) -> Option<&ApiPort> {
        None
    }
}

/// A connection and the session behind it.
pub struct Channel {
    conn: Conn<Arc<dyn Serve>>,
    session: Arc<dyn Serve>,
}

impl Channel {
    /// Opens the session of a new connection.
    pub fn over(conn: Conn<Arc<dyn Serve>>) -> Self {
        let to = conn.address();
        Self::meant_for(conn, to)
    }

    /// The same for a connection that the own host's packet filter brought to another port than
    /// `to`, where it was meant to go.
    pub fn meant_for(conn: Conn<Arc<dyn Serve>>, to: SocketAddrV4) -> Self {
        let session = Arc::clone(conn.server()).accept(conn.origin(), to);
        Self { conn, session }
    }

    /// The connection.
    pub fn conn(&self) -> &Conn<Arc<dyn Serve>> {
        &self.conn
    }

    /// Sends something and waits for what comes back.
    ///
    /// # Errors
    /// How the connection broke on the way.
    pub async fn ask(&self, sent: Sent) -> Result<Reply, Broken> {
        self.ask_along(sent, &Trail::none()).await
    }

    /// The same as one station of a call, whose evidence is collected in `trail`.
    ///
    /// # Errors
    /// As [`Channel::ask`].
    pub async fn ask_along(&self, sent: Sent, trail: &Trail) -> Result<Reply, Broken> {
        let request = Request {
            sent,
            trail: trail.clone(),
        };
        self.conn.exchange(self.session.serve(request)).await
    }
}

/// What a container is started with: all that a process can read of its surroundings.
#[derive(Clone)]
pub struct Start {
    /// The cluster it runs in.
    pub cluster: ClusterName,
    /// Its pod, as it was when the container started.
    pub pod: Arc<Pod>,
    /// Its container.
    pub container: Declared,
    /// The pod's address, on which it may open ports.
    pub host: Arc<Host<Arc<dyn Serve>>>,
    /// What its kubelet gives it besides.
    pub kubelet: Kubelet,
    /// The network.
    pub net: Net<Arc<dyn Serve>>,
    /// What time it is.
    pub clock: Clock,
    /// The seed of the run.
    pub seed: Seed,
    /// The log of the run.
    pub log: EventLog,
}

impl Start {
    /// Who the process is to the network when it opens a connection.
    pub fn origin(&self) -> Origin {
        Origin {
            place: Arc::clone(self.host.place()),
            address: self.host.address(),
        }
    }
}

/// What the agent of a machine outside every cluster is started with.
#[derive(Clone)]
pub struct MachineStart {
    /// The machine.
    pub name: VmName,
    /// Where it stands.
    pub locality: Locality,
    /// The files that were written to it, by absolute path.
    pub files: Files,
    /// Its address, on which the agent may open ports.
    pub host: Arc<Host<Arc<dyn Serve>>>,
    /// The network.
    pub net: Net<Arc<dyn Serve>>,
    /// What time it is.
    pub clock: Clock,
    /// The seed of the run.
    pub seed: Seed,
    /// The log of the run.
    pub log: EventLog,
}

/// What an image does.
pub trait Image: Send + Sync {
    /// Starts it. The runtime is entered.
    fn start(&self, start: Start) -> Box<dyn Process>;
}

/// A process. Dropping it kills it: its ports close at once.
pub trait Process: Send {
    /// How it is; what its probes find.
    fn health(&self) -> watch::Receiver<Health>;

    /// Asks it to end (SIGTERM) and waits until it has. A kubelet kills it when the grace period
    /// is over.
    fn stop(self: Box<Self>) -> BoxFuture<'static, ()>;
}

/// How a process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// It runs; its probes fail.
    Unready,
    /// It runs; its probes succeed.
    Ready,
    /// It has ended with this exit code.
    Exited(i32),
}

/// Finds what an image does by its name.
pub trait Images: Send + Sync {
    /// What `image` does in a container like this.
    fn find(&self, container: &Container) -> Arc<dyn Image>;

    /// Starts the agent by which a machine takes part in a mesh; `None` where there is no mesh.
    fn agent(&self, start: MachineStart) -> Option<Box<dyn Process>> {
        drop(start);
        None
    }
}

/// The images of plain Kubernetes: the samples by their names, ordinary commands by their words,
/// and anything else as a server that answers on the ports it declares.
#[derive(Debug, Clone, Copy, Default)]
pub struct PlainImages;

impl Images for PlainImages {
    fn find(&self, container: &Container) -> Arc<dyn Image> {
        match command::parse(container) {
            Some(command) => Arc::new(command),
            None => Arc::new(sample::Sample),
        }
    }
}
