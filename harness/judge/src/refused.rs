//! Is the call refused, the way it should be?

use std::collections::BTreeSet;

use world::{Client, Observation, Outcome, Refusal};

use crate::{
    look::{Look, Next},
    standing::Standing,
    tally::{refused, server},
};

/// Refused calls of each client before a refusal is believed: one of two clusters that lets calls in
/// stays unseen once in a million.
const ENOUGH: u64 = 20;

/// A look at whether calls are refused. That the path was there at all is its twin's to prove.
pub(crate) struct RefusedLook {
    manners: BTreeSet<Refusal>,
    because: Option<String>,
    standing: Standing,
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
            standing: Standing::new(clients, ENOUGH),
        }
    }

    /// The rule at the last station is what refused it.
    fn check_reason(&mut self, observation: &Observation) {
        let Some(wanted) = self.because.as_deref() else {
            return;
        };
        let mut rules = observation
            .hops
            .iter()
            .rev()
            .filter_map(|hop| hop.because.as_ref());
        match rules.next() {
            None => {
                let why = "this engine has no evidence of why a call is refused";
                self.standing.blinded(why);
            }
            Some(rule) if rule.as_str() == wanted => {}
            Some(rule) => {
                let how = format!("it was refused because of {rule}, not {wanted}");
                self.standing.broke(observation, how);
            }
        }
    }
}

impl Look for RefusedLook {
    fn next(&self) -> Next {
        let manners: Vec<String> = self.manners.iter().map(Refusal::to_string).collect();
        let expected = format!("refused as {}", manners.join(" or "));
        self.standing.next(expected, "so it is")
    }

    fn observe(&mut self, client: usize, observation: &Observation) {
        let name = self.standing.count(client, observation);
        match &observation.outcome {
            Outcome::Answered(answer) => {
                let how = format!("{} answered {name}", server(answer));
                self.standing.broke(observation, how);
            }
            Outcome::Refused(refusal) if !self.manners.contains(refusal) => {
                let how = format!("{name}: {}", refused(*refusal));
                self.standing.broke(observation, how);
            }
            Outcome::Refused(_) => self.check_reason(observation),
        }
    }
}
