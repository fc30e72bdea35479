//! Who has which address, and what listens there.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::Ipv4Addr,
    sync::Arc,
};

use super::{Net, Place, Scope, dns::Names};

/// All addresses of a network.
pub(super) struct Table<S> {
    hosts: BTreeMap<(Scope, Ipv4Addr), Entry<S>>,
    /// Listeners that are open. Connections ask all the time whether theirs is.
    open: BTreeSet<u64>,
    /// Listeners that were closed while their host was there to say so.
    closed: BTreeSet<u64>,
    next: u64,
}

struct Entry<S> {
    id: u64,
    place: Place,
    ports: BTreeMap<u16, (u64, S)>,
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
    pub(super) place: Place,
    /// The listener's number and value, if the port is open.
    pub(super) listener: Option<(u64, S)>,
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
    key: (Scope, Ipv4Addr),
    place: Place,
}

/// A port that is open; dropping it closes the port and resets its connections.
pub struct Listener<S: Clone> {
    net: Net<S>,
    host: u64,
    key: (Scope, Ipv4Addr),
    port: u16,
    id: u64,
}

impl<S: Clone> Table<S> {
    fn fresh(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// What `from` finds at an address: in its own network first, then what is reachable from
    /// everywhere.
    pub(super) fn find(&self, from: &Place, address: Ipv4Addr, port: u16) -> Option<Found<S>> {
        let near = from.network().cloned().map(Scope::Network);
        let scopes = near.into_iter().chain([Scope::Everywhere]);
        let mut entries = scopes.filter_map(|scope| self.hosts.get(&(scope, address)));
        entries.next().map(|entry| Found {
            place: entry.place.clone(),
            listener: entry.listener(port),
        })
    }

    /// The port of the host itself to which what it opens is redirected, and what listens there.
    pub(super) fn outbound(&self, from: &Place, address: Ipv4Addr) -> Option<Found<S>> {
        let scope = self.scope_of(from, address);
        let entry = self.host(&scope, address)?;
        let redirect = entry.redirect.as_ref()?;
        Some(Found {
            place: entry.place.clone(),
            listener: entry.ports.get(&redirect.outbound).cloned(),
        })
    }

    /// What listens on a port of a host for the host itself, behind any redirect.
    pub(super) fn behind(&self, from: &Place, address: Ipv4Addr, port: u16) -> Option<Found<S>> {
        let entry = self.host(&self.scope_of(from, address), address)?;
        Some(Found {
            place: entry.place.clone(),
            listener: entry.ports.get(&port).cloned(),
        })
    }

    /// Whether that very listener is still open.
    pub(super) fn is_open(&self, listener: u64) -> bool {
        self.open.contains(&listener)
    }

    /// Whether that very listener was closed by a host that could say so.
    pub(super) fn was_closed(&self, listener: u64) -> bool {
        self.closed.contains(&listener)
    }

    /// Whether anyone has the address.
    pub(super) fn has(&self, scope: &Scope, address: Ipv4Addr) -> bool {
        self.host(scope, address).is_some()
    }

    /// The scope under which `from` finds an address.
    pub(super) fn scope_of(&self, from: &Place, address: Ipv4Addr) -> Scope {
        let near = from.network().cloned().map(Scope::Network);
        near.filter(|scope| self.has(scope, address))
            .unwrap_or(Scope::Everywhere)
    }

    /// Who answers the queries of a host before anybody else.
    pub(super) fn names(&self, from: &Place, address: Ipv4Addr) -> Option<Arc<dyn Names>> {
        let entry = self.host(&self.scope_of(from, address), address)?;
        entry.names.clone()
    }

    fn host(&self, scope: &Scope, address: Ipv4Addr) -> Option<&Entry<S>> {
        self.hosts.get(&(scope.clone(), address))
    }
}

impl<S: Clone> Entry<S> {
    fn listener(&self, port: u16) -> Option<(u64, S)> {
        let port = self
            .redirect
            .as_ref()
            .map_or(port, |to| to.inbound_port(port));
        self.ports.get(&port).cloned()
    }
}

pub(super) fn attach<S: Clone>(
    net: &Net<S>,
    place: Place,
    scope: Scope,
    address: Ipv4Addr,
) -> Result<Host<S>, AddressTaken> {
    let key = (scope, address);
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
        place: place.clone(),
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
        self.key.1
    }

    /// Where it stands.
    pub fn place(&self) -> &Place {
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
        let mut shared = self.net.lock();
        let id = shared.table.fresh();
        let entry = shared.table.hosts.get_mut(&self.key);
        let entry = entry.expect("an attached host is in the table until it is dropped");
        if entry.ports.contains_key(&port) {
            return Err(taken);
        }
        entry.ports.insert(port, (id, server));
        shared.table.open.insert(id);
        drop(shared);
        self.net.announce();
        Ok(Listener {
            net: self.net.clone(),
            host: self.id,
            key: self.key.clone(),
            port,
            id,
        })
    }
}

impl<S: Clone> Drop for Host<S> {
    fn drop(&mut self) {
        let mut shared = self.net.lock();
        let gone = shared.table.hosts.remove(&self.key);
        for (listener, _) in gone.iter().flat_map(|entry| entry.ports.values()) {
            shared.table.open.remove(listener);
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
                .is_some_and(|(id, _)| *id == self.id)
        {
            entry.ports.remove(&self.port);
            shared.table.open.remove(&self.id);
            shared.table.closed.insert(self.id);
        }
        drop(shared);
        self.net.announce();
    }
}

impl<S> Default for Table<S> {
    fn default() -> Self {
        Self {
            hosts: BTreeMap::new(),
            open: BTreeSet::new(),
            closed: BTreeSet::new(),
            next: 0,
        }
    }
}
