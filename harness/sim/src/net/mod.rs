//! A network of links on virtual time.
//!
//! It is a model of events, not of bytes: [`Net::connect`] and [`Conn::exchange`] are futures that
//! end when a TCP connection or an exchange on it would have ended, or failed in the way it would
//! have failed. It knows addresses, ports, links and faults, and nothing of HTTP, of TLS or of a
//! mesh: what listens on a port is a value of the type `S` that the caller chooses.
//!
//! Reading order: [`place`] (where an end stands), [`path`] (what a packet meets on the way, a
//! pure function of links and faults), [`table`] (who has which address), [`tcp`] (the times of
//! retransmission), [`flow`] (what chance calls a connection), [`connect`] and [`conn`] (the futures),
//! [`dns`] (names).

mod conn;
mod connect;
pub mod dns;
mod flow;
pub mod path;
pub mod place;
mod table;
pub mod tcp;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{Ipv4Addr, SocketAddrV4},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use apiserver::signal::{Listener as Listening, Signal};
use world::{ClusterName, Link, SubstrateFault};

use crate::random::Seed;

pub use conn::{Broken, Conn};
pub use connect::{ConnectError, Origin};
pub use flow::Flow;
pub use path::Path;
pub use place::{Part, Place, Scope};
pub use table::{AddressTaken, Host, Listener, PortTaken, Redirect};

use flow::Flows;
use table::Table;

/// The network. Clones are the same network.
pub struct Net<S> {
    inner: Arc<Inner<S>>,
}

struct Inner<S> {
    seed: Seed,
    links: Vec<Link>,
    state: Mutex<Shared<S>>,
    /// Counts changes of addresses and ports; whoever waits for one watches it.
    changed: Signal,
    /// Counts changes of faults.
    troubled: Signal,
}

struct Shared<S> {
    table: Table<S>,
    faults: BTreeMap<u64, SubstrateFault>,
    /// The addresses whose processes stand still, by the fault that stopped them.
    frozen: BTreeMap<u64, BTreeSet<(Scope, Ipv4Addr)>>,
    next_fault: u64,
    proxies: BTreeMap<ClusterName, Arc<dyn ServiceProxy>>,
    flows: Flows,
}

/// What the nodes of a cluster do with a destination before a packet leaves: kube-proxy.
pub trait ServiceProxy: Send + Sync {
    /// Where a new connection to `to` goes; `flow` names it for randomness.
    fn translate(&self, to: SocketAddrV4, flow: &Flow) -> Translation;
}

/// What kube-proxy decides for one new connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Translation {
    /// Not an address of a Service: the packet goes on as it is.
    NotAService,
    /// To this endpoint.
    Endpoint(SocketAddrV4),
    /// A Service port without an endpoint: rejected, which a client sees as refused.
    Rejected,
    /// Dropped without a word.
    Dropped,
}

impl<S: Clone> Net<S> {
    /// A network without addresses, whose networks are joined by `links`; a pair without a link
    /// has [`path::ORDINARY`].
    pub fn new(seed: Seed, links: Vec<Link>) -> Self {
        let shared = Shared {
            table: Table::default(),
            faults: BTreeMap::new(),
            frozen: BTreeMap::new(),
            next_fault: 0,
            proxies: BTreeMap::new(),
            flows: Flows::default(),
        };
        Self {
            inner: Arc::new(Inner {
                seed,
                links,
                state: Mutex::new(shared),
                changed: Signal::default(),
                troubled: Signal::default(),
            }),
        }
    }

    /// Gives a place an address. It is given up when the [`Host`] is dropped.
    ///
    /// # Errors
    /// [`AddressTaken`] if another host has it in the same scope.
    pub fn attach(
        &self,
        place: impl Into<Arc<Place>>,
        scope: Scope,
        address: Ipv4Addr,
    ) -> Result<Host<S>, AddressTaken> {
        table::attach(self, place.into(), scope, address)
    }

    /// Who answers the DNS queries of the host at `address` before its resolver asks anybody.
    pub fn names_at(&self, place: &Place, address: Ipv4Addr) -> Option<Arc<dyn dns::Names>> {
        self.lock().table.names(place, address)
    }

    /// Sets what the nodes of `cluster` do with Service addresses.
    pub fn set_service_proxy(&self, cluster: ClusterName, proxy: Arc<dyn ServiceProxy>) {
        self.lock().proxies.insert(cluster, proxy);
    }

    /// Injects a fault and returns its number for [`Net::heal`].
    pub fn inject(&self, fault: SubstrateFault) -> u64 {
        self.inject_at(fault, [])
    }

    /// The same for a fault by which the processes at some addresses stand still as well: those of
    /// pods, whose nodes go on.
    pub fn inject_at<'a>(
        &self,
        fault: SubstrateFault,
        hosts: impl IntoIterator<Item = (&'a Place, Ipv4Addr)>,
    ) -> u64 {
        let mut shared = self.lock();
        let hosts = hosts.into_iter().map(|(place, address)| {
            let scope = shared.table.scope_of(place, address);
            (scope, address)
        });
        let hosts: BTreeSet<_> = hosts.collect();
        let number = shared.next_fault;
        shared.next_fault += 1;
        shared.faults.insert(number, fault);
        if !hosts.is_empty() {
            shared.frozen.insert(number, hosts);
        }
        drop(shared);
        self.inner.troubled.raise();
        number
    }

    /// Heals a fault; one that is healed already is no error.
    pub fn heal(&self, number: u64) {
        let mut shared = self.lock();
        shared.faults.remove(&number);
        shared.frozen.remove(&number);
        drop(shared);
        self.inner.troubled.raise();
    }

    /// What a packet from one place to another meets now.
    pub fn path(&self, from: &Place, to: &Place) -> Path {
        path::path(&self.inner.links, self.lock().faults.values(), from, to)
    }

    /// Whether the processes at a place run now.
    pub fn runs(&self, place: &Place) -> bool {
        path::runs(self.lock().faults.values(), place)
    }

    /// Whether the processes at a place run and the place is not gone: whether its control plane
    /// hears from it.
    pub fn is_heard(&self, place: &Place) -> bool {
        let stopped = |fault: &SubstrateFault| matches!(fault, SubstrateFault::StopCluster(gone) if place.cluster() == Some(gone));
        self.runs(place) && !self.lock().faults.values().any(stopped)
    }

    /// By how many seconds the clocks of a cluster are off now; faults add up.
    pub fn clock_skew(&self, cluster: &ClusterName) -> i64 {
        let shared = self.lock();
        let skews = shared.faults.values().filter_map(|fault| match fault {
            SubstrateFault::ClockSkew {
                cluster: of,
                seconds,
            } if of == cluster => Some(*seconds),
            _ => None,
        });
        skews.fold(0, i64::saturating_add)
    }

    /// Waits until the processes at `place` run.
    pub async fn until_runs(&self, place: &Place) {
        let mut troubled = self.troubles();
        while !self.runs(place) {
            troubled.changed().await;
        }
    }

    /// Whether the processes at an address stand still while their node goes on.
    pub fn is_frozen(&self, place: &Place, address: Ipv4Addr) -> bool {
        self.lock().is_frozen(place, address)
    }

    /// Waits until the processes at an address run.
    pub async fn until_host_runs(&self, place: &Place, address: Ipv4Addr) {
        if self.lock().host_runs(place, address) {
            return;
        }
        let mut troubled = self.troubles();
        while !self.lock().host_runs(place, address) {
            troubled.changed().await;
        }
    }

    /// Tells when addresses or ports change.
    pub fn changes(&self) -> Listening {
        self.inner.changed.listen()
    }

    /// Tells when faults come and go.
    pub fn troubles(&self) -> Listening {
        self.inner.troubled.listen()
    }

    fn announce(&self) {
        self.inner.changed.raise();
    }

    fn lock(&self) -> MutexGuard<'_, Shared<S>> {
        let lock = self.inner.state.lock();
        lock.unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Clone> Shared<S> {
    fn host_runs(&self, place: &Place, address: Ipv4Addr) -> bool {
        path::runs(self.faults.values(), place) && !self.is_frozen(place, address)
    }

    fn is_frozen(&self, place: &Place, address: Ipv4Addr) -> bool {
        if self.frozen.is_empty() {
            return false;
        }
        let host = (self.table.scope_of(place, address), address);
        self.frozen.values().any(|hosts| hosts.contains(&host))
    }
}

impl<S> Clone for Net<S> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
        }
    }
}
