//! Who has which address, and what listens there.

use std::{
    collections::BTreeMap,
    net::Ipv4Addr,
    sync::{Arc, OnceLock},
};

use apiserver::signal::Signal;

use super::{Net, Place, Scope, dns::Names};

/// All addresses of a network.
pub(super) struct Table<S> {
    /// By address first, which tells nearly all of them apart.
    hosts: BTreeMap<(Ipv4Addr, Scope), Entry<S>>,
    next: u64,
}

struct Entry<S> {
    id: u64,
    place: Arc<Place>,
    ports: BTreeMap<u16, (Arc<Door>, S)>,
    redirect: Option<Redirect>,
    names: Option<Arc<dyn Names>>,
}

/// What the packet filter of a host's network namespace does with connections, as `istio-iptables`
/// sets it up: they go to ports of the host itself, which are told the original destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirect {
    /// Where connections from outside go.
    pub inbound: u16,
    /// Ports whose connections from outside are left alone.
    pub inbound_except: Vec<u16>,
    /// Where connections go that the host itself opens with [`Net::connect`].
    pub outbound: u16,
}

impl Redirect {
    fn inbound_port(&self, port: u16) -> u16 {
        if self.inbound_except.contains(&port) {
            port
        } else {
            self.inbound
        }
    }
}

/// What was found at an address.
pub(super) struct Found<S> {
    pub(super) place: Arc<Place>,
    /// Under which scope.
    pub(super) scope: Scope,
    /// The door and the value of the listener, if the port is open.
    pub(super) listener: Option<(Arc<Door>, S)>,
}

/// Whether a listener is still there, as its connections ask all the time: open, until it ends in
/// one way for good.
#[derive(Default)]
pub(super) struct Door {
    end: OnceLock<End>,
    ended: Signal,
}

/// How a listener ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// It was closed while its host was there to say so.
    Closed,
    /// It went with its host.
    Gone,
}

impl Door {
    /// Whether the listener is still open.
    pub(super) fn is_open(&self) -> bool {
        self.end.get().is_none()
    }

    /// Returns when the listener is no longer open.
    pub(super) async fn shuts(&self) {
        let mut ended = self.ended.listen();
        if self.is_open() {
            ended.changed().await;
        }
    }

    /// Whether the listener was closed by a host that could say so.
    pub(super) fn was_closed(&self) -> bool {
        self.end.get() == Some(&End::Closed)
    }

    fn shut(&self, how: End) {
        // The first end is the one that counts.
        if self.end.set(how).is_ok() {
            self.ended.raise();
        }
    }
}

/// Another host has the address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("address {address} is taken by {by}")]
pub struct AddressTaken {
    /// The address.
    pub address: Ipv4Addr,
    /// Who has it.
    pub by: String,
}

/// Something listens on the port already.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("port {port} of {address} is in use")]
pub struct PortTaken {
    /// The address.
    pub address: Ipv4Addr,
    /// The port.
    pub port: u16,
}

/// An address that is attached; dropping it takes the address, and every port on it, away.
/// Whoever sends there then hears nothing.
pub struct Host<S: Clone> {
    net: Net<S>,
    id: u64,
    key: (Ipv4Addr, Scope),
    place: Arc<Place>,
}

/// A port that is open; dropping it closes the port and resets its connections.
pub struct Listener<S: Clone> {
    net: Net<S>,
    host: u64,
    key: (Ipv4Addr, Scope),
    port: u16,
    door: Arc<Door>,
}

impl<S: Clone> Table<S> {
    fn fresh(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// What `from` finds at an address: in its own network first, then what is reachable from
    /// everywhere.
    pub(super) fn find(&self, from: &Place, address: Ipv4Addr, port: u16) -> Option<Found<S>> {
        let (scope, entry) = self.seen(from, address)?;
        Some(entry.found(scope, entry.inbound_port(port)))
    }

    /// The port of the host itself to which what it opens is redirected, and what listens there.
    pub(super) fn outbound(&self, from: &Place, address: Ipv4Addr) -> Option<Found<S>> {
        let (scope, entry) = self.seen(from, address)?;
        let redirect = entry.redirect.as_ref()?;
        Some(entry.found(scope, redirect.outbound))
    }

    /// What listens on a port of a host for the host itself, behind any redirect.
    pub(super) fn behind(&self, from: &Place, address: Ipv4Addr, port: u16) -> Option<Found<S>> {
        let (scope, entry) = self.seen(from, address)?;
        Some(entry.found(scope, port))
    }

    /// Whether anyone has the address.
    pub(super) fn has(&self, scope: &Scope, address: Ipv4Addr) -> bool {
        self.hosts.contains_key(&(address, scope.clone()))
    }

    /// The scope under which `from` finds an address.
    pub(super) fn scope_of(&self, from: &Place, address: Ipv4Addr) -> Scope {
        let seen = self.seen(from, address);
        seen.map_or(Scope::Everywhere, |(scope, _)| scope)
    }

    /// Who answers the queries of a host before anybody else.
    pub(super) fn names(&self, from: &Place, address: Ipv4Addr) -> Option<Arc<dyn Names>> {
        let (_, entry) = self.seen(from, address)?;
        entry.names.clone()
    }

    /// The host that `from` finds at an address: in its own network first, then what is reachable
    /// from everywhere.
    fn seen(&self, from: &Place, address: Ipv4Addr) -> Option<(Scope, &Entry<S>)> {
        let near = from.network().cloned().map(Scope::Network);
        let mut scopes = near.into_iter().chain([Scope::Everywhere]);
        scopes.find_map(|scope| {
            let key = (address, scope);
            let entry = self.hosts.get(&key)?;
            Some((key.1, entry))
        })
    }
}

impl<S: Clone> Entry<S> {
    fn found(&self, scope: Scope, port: u16) -> Found<S> {
        Found {
            place: Arc::clone(&self.place),
            scope,
            listener: self.ports.get(&port).cloned(),
        }
    }

    /// The port at which a connection from outside ends that was opened to `port`.
    fn inbound_port(&self, port: u16) -> u16 {
        let redirect = self.redirect.as_ref();
        redirect.map_or(port, |to| to.inbound_port(port))
    }
}

pub(super) fn attach<S: Clone>(
    net: &Net<S>,
    place: Arc<Place>,
    scope: Scope,
    address: Ipv4Addr,
) -> Result<Host<S>, AddressTaken> {
    let key = (address, scope);
    let mut shared = net.lock();
    if let Some(entry) = shared.table.hosts.get(&key) {
        return Err(AddressTaken {
            address,
            by: entry.place.to_string(),
        });
    }
    let id = shared.table.fresh();
    let entry = Entry {
        id,
        place: Arc::clone(&place),
        ports: BTreeMap::new(),
        redirect: None,
        names: None,
    };
    shared.table.hosts.insert(key.clone(), entry);
    drop(shared);
    net.announce();
    Ok(Host {
        net: net.clone(),
        id,
        key,
        place,
    })
}

impl<S: Clone> Host<S> {
    /// Its address.
    pub fn address(&self) -> Ipv4Addr {
        self.key.0
    }

    /// Where it stands.
    pub fn place(&self) -> &Arc<Place> {
        &self.place
    }

    /// Sets up what happens to connections from outside and of the host itself, for as long as the
    /// host is attached; open connections go on as they are.
    pub fn redirect(&self, to: Redirect) {
        let mut shared = self.net.lock();
        let entry = shared.table.hosts.get_mut(&self.key);
        entry
            .expect("an attached host is in the table until it is dropped")
            .redirect = Some(to);
        drop(shared);
        self.net.announce();
    }

    /// Has the host's DNS queries answered by `names` first, for as long as the host is attached.
    pub fn capture_dns(&self, names: Arc<dyn Names>) {
        let mut shared = self.net.lock();
        let entry = shared.table.hosts.get_mut(&self.key);
        entry
            .expect("an attached host is in the table until it is dropped")
            .names = Some(names);
    }

    /// Opens a port, behind which is `server`.
    ///
    /// # Errors
    /// [`PortTaken`] if it is open already.
    pub fn listen(&self, port: u16, server: S) -> Result<Listener<S>, PortTaken> {
        let taken = PortTaken {
            address: self.address(),
            port,
        };
        let door = Arc::new(Door::default());
        let mut shared = self.net.lock();
        let entry = shared.table.hosts.get_mut(&self.key);
        let entry = entry.expect("an attached host is in the table until it is dropped");
        if entry.ports.contains_key(&port) {
            return Err(taken);
        }
        entry.ports.insert(port, (Arc::clone(&door), server));
        drop(shared);
        self.net.announce();
        Ok(Listener {
            net: self.net.clone(),
            host: self.id,
            key: self.key.clone(),
            port,
            door,
        })
    }
}

impl<S: Clone> Drop for Host<S> {
    fn drop(&mut self) {
        let mut shared = self.net.lock();
        let gone = shared.table.hosts.remove(&self.key);
        for (door, _) in gone.iter().flat_map(|entry| entry.ports.values()) {
            door.shut(End::Gone);
        }
        drop(shared);
        self.net.announce();
    }
}

impl<S: Clone> Drop for Listener<S> {
    fn drop(&mut self) {
        let mut shared = self.net.lock();
        let entry = shared.table.hosts.get_mut(&self.key);
        // The address may be gone, or another host's by now.
        if let Some(entry) = entry.filter(|entry| entry.id == self.host)
            && entry
                .ports
                .get(&self.port)
                .is_some_and(|(door, _)| Arc::ptr_eq(door, &self.door))
        {
            entry.ports.remove(&self.port);
            self.door.shut(End::Closed);
        }
        drop(shared);
        self.net.announce();
    }
}

impl<S> Default for Table<S> {
    fn default() -> Self {
        Self {
            hosts: BTreeMap::new(),
            next: 0,
        }
    }
}
