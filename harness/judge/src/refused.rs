//! Is the call refused, the way it should be?

use std::collections::BTreeSet;

use world::{Client, Observation, Outcome, Refusal};

use crate::{
    Verdict,
    look::{Look, Next, ask, names},
    tally::{Tally, refused, server},
};

/// Refused calls of each client before a refusal is believed.
const ENOUGH: u64 = 3;

/// A look at whether calls are refused. That the path was there at all is its twin's to prove.
pub(crate) struct RefusedLook {
    manners: BTreeSet<Refusal>,
    because: Option<String>,
    clients: Vec<(String, u64)>,
    tally: Tally,
    broken: Option<String>,
    blind: Option<String>,
}

impl RefusedLook {
    pub(crate) fn new(
        clients: &[Client],
        manners: &BTreeSet<Refusal>,
        because: Option<&str>,
    ) -> Self {
        Self {
            manners: manners.clone(),
            because: because.map(str::to_owned),
            clients: names(clients).into_iter().map(|name| (name, 0)).collect(),
            tally: Tally::default(),
            broken: None,
            blind: None,
        }
    }

    fn expected(&self) -> String {
        let manners: Vec<String> = self.manners.iter().map(Refusal::to_string).collect();
        format!("refused as {}", manners.join(" or "))
    }

    /// The rule at the last station is what refused it.
    fn wrong_reason(&self, observation: &Observation) -> Option<Result<String, String>> {
        let wanted = self.because.as_deref()?;
        let seen = observation
            .hops
            .iter()
            .rev()
            .find_map(|hop| hop.because.as_ref());
        match seen {
            None => Some(Err(
                "this engine has no evidence of why a call is refused".to_owned()
            )),
            Some(rule) if rule.as_str() == wanted => None,
            Some(rule) => Some(Ok(format!(
                "it was refused because of {rule}, not {wanted}"
            ))),
        }
    }
}

impl Look for RefusedLook {
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
            None => decided(Verdict::pass(self.expected(), "so it is")),
        }
    }

    fn observe(&mut self, client: usize, observation: &Observation) {
        self.tally.count(observation, true);
        let name = self.clients[client].0.clone();
        self.clients[client].1 += 1;
        let broken = match &observation.outcome {
            Outcome::Answered(answer) => Some(format!("{} answered {name}", server(answer))),
            Outcome::Refused(refusal) if !self.manners.contains(refusal) => {
                Some(format!("{name}: {}", refused(*refusal)))
            }
            Outcome::Refused(_) => match self.wrong_reason(observation) {
                Some(Ok(broken)) => Some(broken),
                Some(Err(blind)) => {
                    self.blind.get_or_insert(blind);
                    None
                }
                None => None,
            },
        };
        if let Some(broken) = broken {
            self.tally.keep(observation);
            self.broken.get_or_insert(broken);
        }
    }
}
