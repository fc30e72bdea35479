//! How a look stands that asks every client the same number of times: who still has to be asked, and
//! what has come up so far.

use world::{Client, Observation};

use crate::{
    Verdict,
    look::{Ask, Next, names},
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
        let verdict = match (&self.broken, &self.blind) {
            (Some(broken), _) => Verdict::fail(expected, broken),
            (None, Some(blind)) => Verdict::inconclusive(expected, blind),
            (None, None) => match self.asks() {
                asks if asks.is_empty() => Verdict::pass(expected, observed),
                asks => return Next::Ask(asks),
            },
        };
        Next::Decided(Box::new(verdict.on(self.tally.clone().evidence())))
    }

    fn asks(&self) -> Vec<Ask> {
        let clients = self.clients.iter().enumerate();
        let unasked = clients.filter(|(_, (_, seen))| *seen < self.enough);
        unasked
            .map(|(client, (_, seen))| Ask::new(client, self.enough - seen))
            .collect()
    }
}
