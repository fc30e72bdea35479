//! A connection that is open: exchanges on it, and the ways in which it breaks.

use std::{
    future::{Future, poll_fn},
    net::{Ipv4Addr, SocketAddrV4},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Poll, Waker},
};

use tokio::time::{sleep, timeout};

use super::{Flow, Net, Origin, Place, Scope, connect::Within, table::Door, tcp};

/// The other end.
pub(super) struct Peer<S> {
    pub(super) place: Arc<Place>,
    pub(super) scope: Scope,
    pub(super) address: SocketAddrV4,
    /// The address that has the listener, if it is another than the one that was called.
    pub(super) host: Option<Ipv4Addr>,
    pub(super) door: Arc<Door>,
    pub(super) server: S,
}

impl<S> Peer<S> {
    fn host(&self) -> Ipv4Addr {
        self.host.unwrap_or(*self.address.ip())
    }
}

/// An open connection. Dropping it closes it.
pub struct Conn<S> {
    net: Net<S>,
    from: Origin,
    peer: Peer<S>,
    within: Within,
    flow: Flow,
    sent: AtomicU64,
}

/// How a connection broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// The other end closed or reset it.
    #[error("connection reset")]
    Reset,
    /// The other end was silent until TCP gave up.
    #[error("connection timed out")]
    TimedOut,
}

#[derive(Clone, Copy)]
enum Way {
    Forth,
    Back,
}

impl<S: Clone> Conn<S> {
    pub(super) fn new(
        net: Net<S>,
        from: Origin,
        peer: Peer<S>,
        within: Within,
        flow: Flow,
    ) -> Self {
        Self {
            net,
            from,
            peer,
            within,
            flow,
            sent: AtomicU64::new(0),
        }
    }

    /// What listens at the other end.
    pub fn server(&self) -> &S {
        &self.peer.server
    }

    /// Where the other end stands.
    pub fn place(&self) -> &Place {
        &self.peer.place
    }

    /// The address of the other end, after translation of Service addresses.
    pub fn address(&self) -> SocketAddrV4 {
        self.peer.address
    }

    /// Who opened it.
    pub fn origin(&self) -> &Origin {
        &self.from
    }

    /// Whether the client may still believe in it: the other end has not closed it, or its
    /// closing could not be heard.
    pub fn is_open(&self) -> bool {
        self.peer_listens() || !self.net.path(&self.peer.place, &self.from.place).open
    }

    /// Sends a request, lets the other end do `work`, and receives the answer. A partition on
    /// the way delays it until a retransmission gets through; a paused place until it runs again.
    ///
    /// # Errors
    /// [`Broken::Reset`] if the other end is closed before it has answered, [`Broken::TimedOut`]
    /// if packets vanish until TCP gives up (some 15 min).
    pub async fn exchange<T>(&self, work: impl Future<Output = T>) -> Result<T, Broken> {
        self.until_client_runs().await;
        if self.has_heard_the_end() {
            return Err(Broken::Reset);
        }
        self.carry(Way::Forth).await?;
        self.until_peer_runs().await;
        let Some(done) = self.unless_closed(work).await else {
            return Err(self.hear_the_reset().await);
        };
        self.until_peer_runs().await;
        self.carry(Way::Back).await?;
        self.until_client_runs().await;
        Ok(done)
    }

    /// Receives something that the other end sends of its own accord.
    ///
    /// # Errors
    /// As [`Conn::exchange`].
    pub async fn receive(&self) -> Result<(), Broken> {
        self.until_peer_runs().await;
        self.carry(Way::Back).await?;
        self.until_client_runs().await;
        Ok(())
    }

    /// Whether the other end's port was closed before its address went away, and the closing got
    /// through, as that of a process does which is killed while its host goes on.
    fn has_heard_the_end(&self) -> bool {
        let closed = self.peer.door.was_closed();
        closed && self.net.path(&self.peer.place, &self.from.place).open
    }

    /// What the other end's work comes to, or nothing if its port is closed first. Every step of a
    /// call on its way polls this: the door is asked, and listened to once for each waker only.
    async fn unless_closed<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let mut work = pin!(work);
        let mut shuts = pin!(self.peer.door.shuts());
        let mut listening: Option<Waker> = None;
        poll_fn(|context| {
            if !self.peer_listens() {
                return Poll::Ready(None);
            }
            let done = work.as_mut().poll(context).map(Some);
            let waker = context.waker();
            let listens = listening
                .as_ref()
                .is_some_and(|known| known.will_wake(waker));
            if done.is_ready() || listens {
                return done;
            }
            listening = Some(waker.clone());
            shuts.as_mut().poll(context).map(|()| None)
        })
        .await
    }

    async fn until_peer_runs(&self) {
        let peer = &self.peer;
        self.net.until_host_runs(&peer.place, peer.host()).await;
    }

    async fn until_client_runs(&self) {
        let from = &self.from;
        self.net.until_host_runs(&from.place, from.address).await;
    }

    /// Brings one segment over, however often it must be sent.
    async fn carry(&self, way: Way) -> Result<(), Broken> {
        match self.within {
            Within::Network => self.carry_over(way).await,
            Within::Host => match self.arrival(way) {
                Arrival::Accepted => Ok(()),
                // A host that is gone took its client along.
                Arrival::Reset | Arrival::NobodyThere => Err(Broken::Reset),
            },
        }
    }

    async fn carry_over(&self, way: Way) -> Result<(), Broken> {
        let (from, to) = match way {
            Way::Forth => (&self.from.place, &self.peer.place),
            Way::Back => (&self.peer.place, &self.from.place),
        };
        let segment = self.sent.fetch_add(1, Ordering::Relaxed);
        let mut path = self.net.path(from, to);
        for (attempt, wait) in tcp::data_waits(path.latency * 2).enumerate() {
            if path.open && !self.loses(segment, attempt, path.loss_ppm) {
                sleep(path.latency).await;
                match self.arrival(way) {
                    Arrival::Accepted => return Ok(()),
                    Arrival::Reset => return Err(Broken::Reset),
                    Arrival::NobodyThere => {}
                }
            }
            sleep(wait).await;
            path = self.net.path(from, to);
        }
        Err(Broken::TimedOut)
    }

    fn loses(&self, segment: u64, attempt: usize, ppm: u32) -> bool {
        let name = format_args!("loss {} {segment} {attempt}", self.flow);
        self.net.inner.seed.happens(name, ppm)
    }

    fn arrival(&self, way: Way) -> Arrival {
        match way {
            Way::Back => Arrival::Accepted,
            Way::Forth if self.peer_listens() => Arrival::Accepted,
            Way::Forth if self.peer_is_there() => Arrival::Reset,
            Way::Forth => Arrival::NobodyThere,
        }
    }

    fn peer_listens(&self) -> bool {
        self.peer.door.is_open()
    }

    fn peer_is_there(&self) -> bool {
        let shared = self.net.lock();
        shared.table.has(&self.peer.scope, self.peer.host())
    }

    /// The other end is closed: the client hears of it if the closing gets through, which is
    /// said once, and otherwise only by keepalive.
    async fn hear_the_reset(&self) -> Broken {
        let heard = async {
            let path = self.net.path(&self.peer.place, &self.from.place);
            match path.open {
                true => sleep(path.latency).await,
                false => std::future::pending().await,
            }
        };
        match timeout(tcp::KEEPALIVE, heard).await {
            Ok(()) => Broken::Reset,
            Err(_) => Broken::TimedOut,
        }
    }
}

enum Arrival {
    Accepted,
    Reset,
    NobodyThere,
}
