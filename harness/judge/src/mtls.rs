//! Does the server see mutual TLS, and the right peer?

use world::{Client, Observation, Outcome, PeerIdentity, TlsSeen};

use crate::{
    look::{Look, Next},
    standing::Standing,
    tally::refused,
};

/// Answers of each client that must show its identity: one of two clusters that sees another one
/// stays unseen once in a million.
const ENOUGH: u64 = 20;

/// A look at the identities that servers see.
pub(crate) struct MtlsLook {
    peers: Vec<PeerIdentity>,
    standing: Standing,
}

impl MtlsLook {
    /// `peers` are the expected identities, in the order of the clients.
    pub(crate) fn new(clients: &[Client], peers: &[PeerIdentity]) -> Self {
        Self {
            peers: peers.to_vec(),
            standing: Standing::new(clients, ENOUGH),
        }
    }
}

impl Look for MtlsLook {
    fn next(&self) -> Next {
        let peers: Vec<&str> = self.peers.iter().map(|peer| &*peer.0).collect();
        let expected = format!("the server sees mutual TLS of {}", peers.join(", "));
        self.standing.next(expected, "so it does")
    }

    fn observe(&mut self, client: usize, observation: &Observation) {
        let name = self.standing.count(client, observation);
        let broken = match &observation.outcome {
            Outcome::Refused(refusal) => format!("{name}: {}", refused(*refusal)),
            Outcome::Answered(answer) => match &answer.tls {
                None => {
                    let why = "the answer does not say how it was reached";
                    return self.standing.blinded(why);
                }
                Some(TlsSeen::Plaintext) => format!("{name} reached the server in plaintext"),
                Some(TlsSeen::Mutual { peer }) if Some(peer) == self.peers.get(client) => return,
                Some(TlsSeen::Mutual { peer }) => format!("the server saw {name} as {peer}"),
            },
        };
        self.standing.broke(observation, broken);
    }
}
