//! How a look stands that asks every client the same number of times: who still has to be asked, and
//! what has come up so far.

use world::{Client, Observation};

use crate::{
    Verdict,
    look::{Next, ask, names},
    tally::Tally,
};

/// The progress of such a look.
pub(crate) struct Standing {
    enough: u64,
    clients: Vec<(String, u64)>,
    tally: Tally,
    broken: Option<String>,
    blind: Option<String>,
}

impl Standing {
    /// Nobody has been asked; each client is to be asked `enough` times.
    pub(crate) fn new(clients: &[Client], enough: u64) -> Self {
        Self {
            enough,
            clients: names(clients).into_iter().map(|name| (name, 0)).collect(),
            tally: Tally::default(),
            broken: None,
            blind: None,
        }
    }

    /// Counts an observation and returns the name of its client.
    pub(crate) fn count(&mut self, client: usize, observation: &Observation) -> String {
        self.tally.count(observation, true);
        self.clients[client].1 += 1;
        self.clients[client].0.clone()
    }

    /// The promise was broken by this observation; the first one stays.
    pub(crate) fn broke(&mut self, observation: &Observation, how: String) {
        self.tally.keep(observation);
        self.broken.get_or_insert(how);
    }

    /// Something keeps the look from judging; the first reason stays.
    pub(crate) fn blinded(&mut self, why: impl Into<String>) {
        self.blind.get_or_insert(why.into());
    }

    /// What to do next; `observed` is said of a promise that held.
    pub(crate) fn next(&self, expected: String, observed: &str) -> Next {
        let unasked = self
            .clients
            .iter()
            .position(|(_, seen)| *seen < self.enough);
        let verdict = match (&self.broken, &self.blind, unasked) {
            (Some(broken), _, _) => Verdict::fail(expected, broken),
            (None, Some(blind), _) => Verdict::inconclusive(expected, blind),
            (None, None, Some(client)) => return ask(client, self.enough - self.clients[client].1),
            (None, None, None) => Verdict::pass(expected, observed),
        };
        Next::Decided(Box::new(verdict.on(self.tally.clone().evidence())))
    }
}
