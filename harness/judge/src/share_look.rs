//! Do the answers of each client fall into the expected shares?

use std::{borrow::Cow, collections::BTreeMap};

use scenario::{draft::By, term::Percent};
use world::{Answer, Client, Observation, Outcome};

use crate::{
    Judged, Rates, ShareTest, Shares, Verdict, Ways,
    independence::is_independent,
    look::{Ask, Look, Next, names},
    tally::{Tally, refused, server},
};

/// Calls of one batch.
const BATCH: u64 = 100;
/// After so many calls of a client without a decision the mesh is too near the bound to say.
const PATIENCE: u64 = 20_000;
/// After so many calls of a client hardly any of which is independent, no number of calls helps.
const BARREN: u64 = 2_000;

/// A look at shares.
pub(crate) struct ShareLook {
    by: By,
    rates: Rates,
    expected: String,
    clients: Vec<(String, Result<ShareTest, String>, u64)>,
    tally: Tally,
    broken: Option<String>,
    blind: Option<String>,
    ways: Ways,
}

impl ShareLook {
    pub(crate) fn new(
        clients: &[Client],
        by: By,
        expect: &BTreeMap<String, Percent>,
        tolerance: Percent,
        rates: Rates,
        ways: &Ways,
    ) -> Self {
        let shares = expect
            .iter()
            .map(|(bucket, share)| (bucket.clone(), 100.0 * share.fraction()));
        let shares = Shares::percent(shares, 100.0 * tolerance.fraction())
            .map_err(|error| error.to_string());
        let split = rates.split(clients.len());
        let test = |name| {
            let test = shares.as_ref().map(|shares| ShareTest::new(shares, split));
            (name, test.map_err(Clone::clone), 0)
        };
        let buckets: Vec<String> = expect
            .iter()
            .map(|(bucket, share)| format!("{bucket} {share}"))
            .collect();
        Self {
            by,
            rates,
            expected: format!("{}, each within {tolerance}", buckets.join(", ")),
            clients: names(clients).into_iter().map(test).collect(),
            tally: Tally::default(),
            broken: None,
            blind: None,
            ways: ways.clone(),
        }
    }

    fn bucket<'a>(&self, answer: &'a Answer) -> Option<Cow<'a, str>> {
        match self.by {
            By::Cluster => {
                (answer.cluster.is_some() || answer.vm.is_some()).then(|| server(answer))
            }
            By::Version => answer.version.as_deref().map(Cow::Borrowed),
            By::Pod => answer.pod.as_deref().map(Cow::Borrowed),
        }
    }

    /// What the clients' samples say: one is decided against or beyond deciding, some are undecided,
    /// or all are in order.
    fn judged(&self) -> Next {
        let mut asks = Vec::new();
        for (client, (name, test, calls)) in self.clients.iter().enumerate() {
            let test = match test {
                Ok(test) => test,
                Err(error) => {
                    return self.decided(Verdict::inconclusive(&self.expected, error));
                }
            };
            match test.judged() {
                Judged::Correct => {}
                Judged::Off { bucket } => return self.decided(self.off(name, &bucket, test)),
                Judged::Undecided
                    if *calls >= PATIENCE
                        || test.samples() * 100 < calls.saturating_sub(BARREN) =>
                {
                    let observed = format!(
                        "{name} made {calls} calls with {} independent picks, too few to say",
                        test.samples()
                    );
                    return self.decided(Verdict::inconclusive(&self.expected, observed));
                }
                Judged::Undecided => asks.push(Ask::new(client, BATCH)),
            }
        }
        match asks.is_empty() {
            true => self.decided(Verdict::pass(&self.expected, "so they are")),
            false => Next::Ask(asks),
        }
    }

    fn off(&self, name: &str, bucket: &str, test: &ShareTest) -> Verdict {
        let total = test.samples().max(1) as f64;
        let hits = test.counts().get(bucket).copied().unwrap_or_default() as f64;
        let percent = 100.0 * hits / total;
        Verdict::fail(
            &self.expected,
            format!("{bucket} had {percent:.1} % of {name}'s {total} independent picks"),
        )
    }

    fn decided(&self, verdict: Verdict) -> Next {
        Next::Decided(Box::new(verdict.on(self.tally.clone().counted(self.rates))))
    }
}

impl Look for ShareLook {
    fn next(&self) -> Next {
        if let Some(broken) = &self.broken {
            return self.decided(Verdict::fail(&self.expected, broken));
        }
        if let Some(blind) = &self.blind {
            return self.decided(Verdict::inconclusive(&self.expected, blind));
        }
        self.judged()
    }

    fn observe(&mut self, client: usize, observation: &Observation) {
        let independent = is_independent(self.by, observation, &self.ways);
        self.tally.count(observation, independent);
        self.clients[client].2 += 1;
        match &observation.outcome {
            Outcome::Refused(refusal) => {
                self.tally.keep(observation);
                self.broken.get_or_insert(format!(
                    "{}: {}",
                    self.clients[client].0,
                    refused(*refusal)
                ));
            }
            Outcome::Answered(answer) => match self.bucket(answer) {
                None => {
                    self.blind
                        .get_or_insert("the answers do not say who made them".to_owned());
                }
                Some(bucket) if independent => {
                    if let (_, Ok(test), _) = &mut self.clients[client] {
                        test.sample(&bucket);
                    }
                }
                Some(_) => {}
            },
        }
    }
}
