//! Does the server see mutual TLS, and the right peer?

use world::{Client, Observation, Outcome, PeerIdentity, TlsSeen};

use crate::{
    Verdict,
    look::{Look, Next, ask, names},
    tally::{Tally, refused},
};

/// Answers of each client that must show its identity.
const ENOUGH: u64 = 5;

/// A look at the identities that servers see.
pub(crate) struct MtlsLook {
    peers: Vec<PeerIdentity>,
    clients: Vec<(String, u64)>,
    tally: Tally,
    broken: Option<String>,
    blind: Option<String>,
}

impl MtlsLook {
    /// `peers` are the expected identities, in the order of the clients.
    pub(crate) fn new(clients: &[Client], peers: &[PeerIdentity]) -> Self {
        Self {
            peers: peers.to_vec(),
            clients: names(clients).into_iter().map(|name| (name, 0)).collect(),
            tally: Tally::default(),
            broken: None,
            blind: None,
        }
    }

    fn expected(&self) -> String {
        let peers: Vec<&str> = self.peers.iter().map(|peer| peer.0.as_str()).collect();
        format!("the server sees mutual TLS of {}", peers.join(", "))
    }
}

impl Look for MtlsLook {
    fn next(&self) -> Next {
        let decided =
            |verdict: Verdict| Next::Decided(Box::new(verdict.on(self.tally.clone().evidence())));
        if let Some(broken) = &self.broken {
            return decided(Verdict::fail(self.expected(), broken));
        }
        if let Some(blind) = &self.blind {
            return decided(Verdict::inconclusive(self.expected(), blind));
        }
        match self.clients.iter().position(|(_, seen)| *seen < ENOUGH) {
            Some(client) => ask(client, ENOUGH - self.clients[client].1),
            None => decided(Verdict::pass(self.expected(), "so it does")),
        }
    }

    fn observe(&mut self, client: usize, observation: &Observation) {
        self.tally.count(observation, true);
        self.clients[client].1 += 1;
        let name = &self.clients[client].0;
        let broken = match &observation.outcome {
            Outcome::Refused(refusal) => Some(format!("{name}: {}", refused(*refusal))),
            Outcome::Answered(answer) => match &answer.tls {
                None => {
                    self.blind
                        .get_or_insert("the answer does not say how it was reached".to_owned());
                    None
                }
                Some(TlsSeen::Plaintext) => Some(format!("{name} reached the server in plaintext")),
                Some(TlsSeen::Mutual { peer }) if Some(peer) == self.peers.get(client) => None,
                Some(TlsSeen::Mutual { peer }) => Some(format!("the server saw {name} as {peer}")),
            },
        };
        if let Some(broken) = broken {
            self.tally.keep(observation);
            self.broken.get_or_insert(broken);
        }
    }
}
