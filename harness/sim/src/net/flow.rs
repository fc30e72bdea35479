//! The names of connections, by which chance decides about them: the same in equal runs.

use std::{
    fmt,
    hash::{Hash, Hasher},
    net::{Ipv4Addr, SocketAddrV4},
    sync::Arc,
};

use indexmap::IndexMap;

use super::{Origin, Place};

/// One connection, unique in a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    ends: Ends,
    number: u64,
}

/// Who opens connections to what. Addresses come first, because they tell most pairs apart.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Ends {
    address: Ipv4Addr,
    to: SocketAddrV4,
    place: Arc<Place>,
}

/// How many connections were opened so far between which ends: there are as many as pairs of a
/// client and a service.
#[derive(Debug, Default)]
pub(super) struct Flows(IndexMap<Ends, u64>);

impl Hash for Ends {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.address, self.to).hash(state);
    }
}

impl Flows {
    /// The next connection from `origin` to `to`.
    pub(super) fn next(&mut self, origin: &Origin, to: SocketAddrV4) -> Flow {
        let ends = Ends {
            address: origin.address,
            to,
            place: Arc::clone(&origin.place),
        };
        let number = match self.0.get_mut(&ends) {
            Some(count) => {
                *count += 1;
                *count
            }
            None => {
                self.0.insert(ends.clone(), 1);
                1
            }
        };
        Flow { ends, number }
    }
}

impl fmt::Display for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ends { address, to, place } = &self.ends;
        write!(f, "{place} {address}>{to}#{}", self.number)
    }
}
