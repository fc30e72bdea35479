//! Applications: servers that answer on the ports they declare and say who they are, as the
//! helloworld sample does.

use std::{net::SocketAddrV4, sync::Arc};

use futures::{FutureExt, future::BoxFuture};
use k8s_openapi::api::core::v1::Container;
use tokio::sync::watch;

use super::{Health, Image, Process, Reply, Request, Serve, ServedBy, Start, wire::Sent};
use crate::{
    controller::owner,
    net::{Listener, Origin},
};

/// A server that is ready as soon as it runs. It ends as soon as it is asked to, unless it is
/// helloworld.
#[derive(Debug, Clone, Copy)]
pub struct Sample;

impl Image for Sample {
    fn start(&self, start: Start) -> Box<dyn Process> {
        let server: Arc<dyn Serve> = Arc::new(SaysWhoItIs {
            by: served_by(&start),
        });
        let open = |port| start.host.listen(port, Arc::clone(&server)).ok();
        let listeners: Vec<_> = ports(&start.container).filter_map(open).collect();
        // A port that another container of the pod has makes a server end, as bind(2) does.
        let health = match listeners.len() == ports(&start.container).count() {
            true => Health::Ready,
            false => Health::Exited(1),
        };
        Box::new(Running {
            _listeners: listeners,
            health: watch::Sender::new(health),
            is_deaf: is_deaf(&start.container),
        })
    }
}

/// Whether a container's server ignores SIGTERM, as the first process of a container does that has
/// no handler for it. Source: Istio's helloworld is a plain `python3 app.py`; a real one answers
/// until its grace period is over.
fn is_deaf(container: &Container) -> bool {
    let image = container.image.as_deref().unwrap_or_default();
    let name = image.rsplit('/').next().unwrap_or_default();
    name.contains("helloworld")
}

/// The identity of a container's pod in answers.
pub fn served_by(start: &Start) -> ServedBy {
    let meta = &start.pod.metadata;
    let version = owner::labels(meta).get("version");
    ServedBy {
        cluster: Some(start.cluster.clone()),
        name: meta.name.as_deref().unwrap_or_default().into(),
        version: version.map(|version| version.as_str().into()),
    }
}

/// The TCP ports that a container declares.
fn ports(container: &Container) -> impl Iterator<Item = u16> {
    let declared = container.ports.iter().flatten();
    let tcp = declared.filter(|port| port.protocol.as_deref().is_none_or(|p| p == "TCP"));
    tcp.filter_map(|port| u16::try_from(port.container_port).ok())
}

/// Answers everything with who it is.
pub(crate) struct SaysWhoItIs {
    pub(crate) by: ServedBy,
}

impl Serve for SaysWhoItIs {
    fn serve(&self, request: Request) -> BoxFuture<'_, Reply> {
        let by = Some(self.by.clone());
        let reply = match request.sent {
            Sent::Http(http) => Reply::Http {
                status: 200,
                by,
                received: http.headers,
            },
            Sent::Nothing => Reply::Bytes { by },
            // It speaks no TLS: a client's handshake ends in a closed connection.
            Sent::Review { .. } | Sent::Opaque(_) => Reply::Closed,
            // It speaks no TLS, and takes a hello for a broken request.
            Sent::Hello(_) => Reply::Closed,
        };
        async { reply }.boxed()
    }

    fn accept(self: Arc<Self>, _: &Origin, _: SocketAddrV4) -> Arc<dyn Serve> {
        self
    }
}

struct Running {
    _listeners: Vec<Listener<Arc<dyn Serve>>>,
    health: watch::Sender<Health>,
    is_deaf: bool,
}

impl Process for Running {
    fn health(&self) -> watch::Receiver<Health> {
        self.health.subscribe()
    }

    fn stop(self: Box<Self>) -> BoxFuture<'static, ()> {
        async move {
            if self.is_deaf {
                // Whoever loses patience drops this, which kills it.
                std::future::pending::<()>().await;
            }
            drop(self);
        }
        .boxed()
    }
}
