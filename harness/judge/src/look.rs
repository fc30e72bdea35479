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

/// How much a look asks before it is content with a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// If it fails, somebody looks again: it begins with few calls, because what is broken mostly shows
    /// at once and may take a whole timeout, and takes somebody for missing sooner. It passes by the
    /// same calls as any other.
    Wary,
    /// Its failure is the verdict, and all that was asked is the evidence.
    Whole,
}

/// How often a wary look may take somebody for missing who only has not had a turn.
const HASTE: f64 = 1e-2;

/// How many times as many calls a wary look asks for when those before were in order: some five, and
/// then the two dozen that most checks need.
const GROWTH: NonZeroUsize = NonZeroUsize::new(5).expect("five is not zero");

/// What every kind of look does.
pub(crate) trait Look {
    fn next(&self) -> Next;
    fn observe(&mut self, client: usize, observation: &Observation);
}

/// A look at a check that calls.
pub struct CallLook {
    kind: Box<dyn Look + Send>,
    /// How many calls of a client may be asked for next; `None` for any number.
    most: Option<NonZeroUsize>,
}

impl CallLook {
    /// Begins a look; `None` if the check makes no calls. `ways` tells the gateways that calls may
    /// pass.
    pub fn at(check: &CheckKind, depth: Depth, rates: Rates, ways: &Ways) -> Option<Self> {
        let kind: Box<dyn Look + Send> = match check {
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
                Box::new(ReachableLook::new(&calls.from, wanted, (depth, rates)))
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
        let most = match depth {
            Depth::Wary => Some(NonZeroUsize::MIN),
            Depth::Whole => None,
        };
        Some(Self { kind, most })
    }

    /// What it wants next.
    pub fn wants(&mut self) -> Next {
        match (self.kind.next(), self.most) {
            (Next::Ask(asks), Some(most)) => {
                self.most = most.checked_mul(GROWTH);
                Next::Ask(asks.iter().map(|ask| ask.at_most(most)).collect())
            }
            (next, _) => next,
        }
    }

    /// Takes what was seen of a call of one client.
    pub fn observe(&mut self, client: usize, observation: &Observation) {
        self.kind.observe(client, observation);
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

    fn at_most(self, most: NonZeroUsize) -> Self {
        Self {
            calls: self.calls.min(most),
            ..self
        }
    }
}

impl Depth {
    /// The rates at which somebody is taken for missing.
    pub(crate) fn missing(self, rates: Rates) -> Rates {
        match self {
            Self::Whole => rates,
            Self::Wary => Rates {
                false_alarm: rates.false_alarm.max(HASTE),
                ..rates
            },
        }
    }
}

/// The clients as they are named in verdicts.
pub(crate) fn names(clients: &[Client]) -> Vec<String> {
    clients.iter().map(Client::to_string).collect()
}
