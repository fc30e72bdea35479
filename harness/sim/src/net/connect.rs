//! Opening a connection: Service translation, then asking again and again as TCP does.

use std::{
    net::{Ipv4Addr, SocketAddrV4},
    sync::Arc,
};

use tokio::time::sleep;
use world::ClusterName;

use super::{Conn, Flow, Net, Place, Translation, conn::Peer, tcp};

/// Who opens a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Where it stands.
    pub place: Arc<Place>,
    /// Its own address.
    pub address: Ipv4Addr,
}

/// Why there is no connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// The address is there and the port is closed, or kube-proxy rejects it.
    #[error("connection refused")]
    Refused,
    /// Nothing came back: no such address, or packets vanish on the way.
    #[error("connection timed out")]
    TimedOut,
}

/// How far packets of a connection go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Within {
    /// Over the loopback device: they are neither late nor lost. What takes microseconds takes no
    /// time, because virtual time tells nothing shorter than a millisecond.
    Host,
    /// Over the network.
    Network,
}

/// What one packet to a new connection's address met.
enum Knock<S> {
    Silence,
    Refused(Arc<Place>),
    Open(Peer<S>),
}

impl<S: Clone> Net<S> {
    /// Opens a connection to `to`. Without an answer it is given up after 127 s, as Linux does;
    /// a caller with less patience wraps this in a time-out of its own.
    ///
    /// # Errors
    /// [`ConnectError`].
    pub async fn connect(&self, from: &Origin, to: SocketAddrV4) -> Result<Conn<S>, ConnectError> {
        self.open(from, to, true).await
    }

    /// Opens a connection that the packet filter of the own host leaves alone, as those of a
    /// sidecar's own user are. A connection to the own host reaches the port behind any redirect.
    ///
    /// # Errors
    /// [`ConnectError`].
    pub async fn connect_unredirected(
        &self,
        from: &Origin,
        to: SocketAddrV4,
    ) -> Result<Conn<S>, ConnectError> {
        self.open(from, to, false).await
    }

    async fn open(
        &self,
        from: &Origin,
        to: SocketAddrV4,
        redirected: bool,
    ) -> Result<Conn<S>, ConnectError> {
        let flow = self.lock().flows.next(from, to);
        for (attempt, wait) in tcp::connect_waits().enumerate() {
            let own = self.at_home(from, to, redirected);
            let within = match own {
                Some(_) => Within::Host,
                None => Within::Network,
            };
            match own.unwrap_or_else(|| self.knock(from, to, &flow, attempt)) {
                Knock::Open(peer) => {
                    self.pass(within, &from.place, &peer.place).await;
                    return Ok(Conn::new(self.clone(), from.clone(), peer, within, flow));
                }
                Knock::Refused(by) => {
                    self.pass(within, &from.place, &by).await;
                    return Err(ConnectError::Refused);
                }
                Knock::Silence => sleep(wait).await,
            }
        }
        Err(ConnectError::TimedOut)
    }

    /// What a connection meets that does not leave the host: one that is redirected, or one to the
    /// host itself.
    fn at_home(&self, from: &Origin, to: SocketAddrV4, redirected: bool) -> Option<Knock<S>> {
        let shared = self.lock();
        let found = match redirected {
            true => shared.table.outbound(&from.place, from.address)?,
            false if *to.ip() == from.address => {
                shared.table.behind(&from.place, from.address, to.port())?
            }
            false => return None,
        };
        drop(shared);
        Some(match found.listener {
            Some((door, server)) => Knock::Open(Peer {
                place: found.place,
                scope: found.scope,
                address: to,
                // The listener is the host's own, whatever the destination was.
                host: Some(from.address),
                door,
                server,
            }),
            None => Knock::Refused(found.place),
        })
    }

    fn knock(&self, from: &Origin, to: SocketAddrV4, flow: &Flow, attempt: usize) -> Knock<S> {
        let own = from.place.cluster().cloned();
        match own.map_or(Translation::NotAService, |c| self.translate(&c, to, flow)) {
            Translation::NotAService => self.knock_at(from, to, flow, attempt),
            // An endpoint that was written by hand may be another cluster's load balancer.
            Translation::Endpoint(endpoint) => self.knock_at(from, endpoint, flow, attempt),
            Translation::Rejected => Knock::Refused(from.place.clone()),
            Translation::Dropped => Knock::Silence,
        }
    }

    /// An address that is not a Service of the caller's own cluster may be a load balancer of
    /// another, whose nodes translate it.
    fn knock_at(&self, from: &Origin, to: SocketAddrV4, flow: &Flow, attempt: usize) -> Knock<S> {
        let Some(found) = self.lock().table.find(&from.place, *to.ip(), to.port()) else {
            return Knock::Silence;
        };
        let behind = found
            .place
            .cluster()
            .filter(|c| from.place.cluster() != Some(c));
        let translated = behind.map(|cluster| self.translate(cluster, to, flow));
        match translated.unwrap_or(Translation::NotAService) {
            Translation::NotAService => self.ring(from, &from.place, to, flow, attempt),
            Translation::Endpoint(endpoint) => {
                self.ring(from, &found.place, endpoint, flow, attempt)
            }
            Translation::Rejected if self.passes(&from.place, &found.place, flow, attempt) => {
                Knock::Refused(found.place)
            }
            Translation::Rejected | Translation::Dropped => Knock::Silence,
        }
    }

    /// Knocks at an address as it is seen from `seen_from`, which is the caller or the node that
    /// translated for it.
    fn ring(
        &self,
        from: &Origin,
        seen_from: &Place,
        to: SocketAddrV4,
        flow: &Flow,
        attempt: usize,
    ) -> Knock<S> {
        let found = self.lock().table.find(seen_from, *to.ip(), to.port());
        match found {
            Some(found) if self.passes(&from.place, &found.place, flow, attempt) => {
                match found.listener {
                    Some((door, server)) => Knock::Open(Peer {
                        place: found.place,
                        scope: found.scope,
                        address: to,
                        host: None,
                        door,
                        server,
                    }),
                    None => Knock::Refused(found.place),
                }
            }
            _ => Knock::Silence,
        }
    }

    /// Whether a packet gets there and its answer back.
    fn passes(&self, from: &Place, to: &Place, flow: &Flow, attempt: usize) -> bool {
        let arrives = |a: &Place, b: &Place, way: &str| {
            let path = self.path(a, b);
            let name = format_args!("loss {flow} connect {way} {attempt}");
            path.open && !self.inner.seed.happens(name, path.loss_ppm)
        };
        arrives(from, to, "forth") && arrives(to, from, "back")
    }

    fn translate(&self, cluster: &ClusterName, to: SocketAddrV4, flow: &Flow) -> Translation {
        let proxy = self.lock().proxies.get(cluster).cloned();
        proxy.map_or(Translation::NotAService, |proxy| proxy.translate(to, flow))
    }

    /// Waits for the round trip of a connection's opening.
    async fn pass(&self, within: Within, a: &Place, b: &Place) {
        match within {
            Within::Host => {}
            Within::Network => sleep(self.path(a, b).latency + self.path(b, a).latency).await,
        }
    }
}
