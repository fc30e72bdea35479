//! One look at a check that calls: ask, observe, decide.
//!
//! A look is a small state machine per client. It says how many more calls of which client it
//! needs, takes what was seen, and ends with a verdict. It never calls, waits or knows an engine;
//! when to look again is [`crate::waiting`]'s business.

use std::num::NonZeroUsize;

use scenario::scenario::CheckKind;
use world::{Client, Observation};

use crate::{
    Rates, Verdict, Ways, mtls::MtlsLook, reachable::ReachableLook, refused::RefusedLook,
    share_look::ShareLook,
};

/// What a look wants.
#[derive(Debug, Clone, PartialEq)]
pub enum Next {
    /// More calls of some clients, never of none. Clients know nothing of each other: they may call
    /// at once.
    Ask(Vec<Ask>),
    /// Nothing more.
    Decided(Box<Verdict>),
}

/// So many more calls of one client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ask {
    /// The client: its index among those of the check.
    pub client: usize,
    /// How many, one after another.
    pub calls: NonZeroUsize,
}

/// What every kind of look does.
pub(crate) trait Look {
    fn next(&self) -> Next;
    fn observe(&mut self, client: usize, observation: &Observation);
}

/// A look at a check that calls.
pub struct CallLook(Box<dyn Look + Send>);

impl CallLook {
    /// Begins a look; `None` if the check makes no calls. `ways` tells the gateways that calls may
    /// pass.
    pub fn at(check: &CheckKind, rates: Rates, ways: &Ways) -> Option<Self> {
        let look: Box<dyn Look + Send> = match check {
            CheckKind::Reachable {
                calls,
                served_by,
                versions,
                via,
                status,
            } => {
                let wanted = crate::reachable::Wanted::new(
                    served_by,
                    versions,
                    (*via, ways.clone()),
                    *status,
                );
                Box::new(ReachableLook::new(&calls.from, wanted, rates))
            }
            CheckKind::Refused {
                calls,
                manners,
                because,
                ..
            } => Box::new(RefusedLook::new(&calls.from, manners, because.as_deref())),
            CheckKind::Share {
                calls,
                by,
                expect,
                tolerance,
            } => Box::new(ShareLook::new(
                &calls.from,
                *by,
                expect,
                *tolerance,
                rates,
                ways,
            )),
            CheckKind::Mtls { calls, peers } => Box::new(MtlsLook::new(&calls.from, peers)),
            CheckKind::Dns { .. }
            | CheckKind::Ready { .. }
            | CheckKind::Pods { .. }
            | CheckKind::Synced { .. }
            | CheckKind::Endpoints { .. }
            | CheckKind::Budget { .. }
            | CheckKind::Failover { .. } => return None,
        };
        Some(Self(look))
    }

    /// What it wants next.
    pub fn next(&self) -> Next {
        self.0.next()
    }

    /// Takes what was seen of a call of one client.
    pub fn observe(&mut self, client: usize, observation: &Observation) {
        self.0.observe(client, observation);
    }
}

impl Ask {
    /// Never none.
    pub(crate) fn new(client: usize, calls: u64) -> Self {
        let calls = usize::try_from(calls).unwrap_or(usize::MAX);
        Self {
            client,
            calls: NonZeroUsize::new(calls).unwrap_or(NonZeroUsize::MIN),
        }
    }
}

/// The clients as they are named in verdicts.
pub(crate) fn names(clients: &[Client]) -> Vec<String> {
    clients.iter().map(Client::to_string).collect()
}
