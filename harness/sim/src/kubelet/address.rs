//! The addresses of a node's pods: given in turn from the node's range, as CNI's `host-local` does.

use std::{
    net::Ipv4Addr,
    sync::{Arc, Mutex, PoisonError},
};

use ipnet::Ipv4Net;

use crate::{
    net::{Host, Net, Place, Scope},
    program::Serve,
};

/// A node's own address and the range of its pods.
pub(crate) struct NodeAddresses {
    own: Arc<Host<Arc<dyn Serve>>>,
    scope: Scope,
    pods: Ipv4Net,
    given: Mutex<usize>,
}

impl NodeAddresses {
    pub(crate) fn new(own: Host<Arc<dyn Serve>>, scope: Scope, pods: Ipv4Net) -> Self {
        Self {
            own: Arc::new(own),
            scope,
            pods,
            given: Mutex::new(0),
        }
    }

    /// The node itself, which pods on the host's network share.
    pub(crate) fn own(&self) -> &Arc<Host<Arc<dyn Serve>>> {
        &self.own
    }

    pub(crate) fn place(&self) -> &Place {
        self.own.place()
    }

    pub(crate) fn address(&self) -> Ipv4Addr {
        self.own.address()
    }

    /// Attaches the next free address. The first one of the range is the node's own gateway;
    /// an address that was given back comes last.
    pub(crate) fn attach(
        &self,
        net: &Net<Arc<dyn Serve>>,
    ) -> Result<Host<Arc<dyn Serve>>, NoFreeAddress> {
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        let usable = self.pods.hosts().count().saturating_sub(1);
        for turn in 0..usable {
            let at = (*given + turn) % usable;
            let address = self
                .pods
                .hosts()
                .nth(at + 1)
                .expect("within the range's hosts");
            if let Ok(host) = net.attach(self.place().clone(), self.scope.clone(), address) {
                *given = at + 1;
                return Ok(host);
            }
        }
        Err(NoFreeAddress { range: self.pods })
    }
}

/// All addresses of a node are in use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no IP addresses available in range {range}")]
pub(crate) struct NoFreeAddress {
    range: Ipv4Net,
}
