//! Is the call answered, by whom it should be, over the way it should take?

use std::collections::BTreeSet;

use scenario::{
    draft::{By, Via},
    scenario::{ServedBy, Server},
};
use world::{Answer, Client, Observation, Outcome};

use crate::{
    Coverage, Rates, Verdict,
    independence::is_independent,
    look::{Ask, Depth, Look, Next, names},
    tally::{Tally, label, refused, server},
    ways::Ways,
};

/// Calls of a client where anybody may answer: enough to meet each of two pools once or twice.
const ANYBODY: u64 = 5;

/// After so many calls of a client, most of them over pooled connections, no number of calls helps.
const BARREN: u64 = 500;

/// What an answer must be like.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    served_by: ServedBy,
    versions: BTreeSet<String>,
    via: Option<Via>,
    ways: Ways,
    status: Option<u16>,
}

/// A look at whether calls are answered.
pub(crate) struct ReachableLook {
    wanted: Wanted,
    rates: Rates,
    clients: Vec<Progress>,
    tally: Tally,
    broken: Option<String>,
    blind: Option<String>,
}

/// One client's search for everyone who should answer.
struct Progress {
    name: String,
    /// Empty where anybody may answer.
    servers: BTreeSet<String>,
    coverage: Option<Coverage>,
    versions: Option<Coverage>,
    calls: u64,
}

impl Wanted {
    pub(crate) fn new(
        served_by: &ServedBy,
        versions: &BTreeSet<String>,
        (via, ways): (Option<Via>, Ways),
        status: Option<u16>,
    ) -> Self {
        Self {
            served_by: served_by.clone(),
            versions: versions.clone(),
            via,
            ways,
            status,
        }
    }

    fn servers(&self, client: &Client) -> BTreeSet<String> {
        match (&self.served_by, client) {
            (ServedBy::Anybody, _) => BTreeSet::new(),
            (ServedBy::Local, Client::Pod { cluster, .. }) => BTreeSet::from([cluster.to_string()]),
            (ServedBy::Local, Client::Vm(_) | Client::Outside) => BTreeSet::new(),
            (ServedBy::Each(servers), _) => servers.iter().map(Server::to_string).collect(),
        }
    }

    fn words(&self) -> String {
        let by = match &self.served_by {
            ServedBy::Anybody => "anybody answers".to_owned(),
            ServedBy::Local => "the client's own cluster answers and nobody else".to_owned(),
            ServedBy::Each(servers) => {
                let servers: Vec<String> = servers.iter().map(Server::to_string).collect();
                format!("{} answer and nobody else", servers.join(" and "))
            }
        };
        let versions: Vec<&str> = self.versions.iter().map(String::as_str).collect();
        if versions.is_empty() {
            by
        } else {
            format!("{by}, as {}", versions.join(" and "))
        }
    }
}

impl ReachableLook {
    pub(crate) fn new(clients: &[Client], wanted: Wanted, (depth, rates): (Depth, Rates)) -> Self {
        let split = depth.missing(rates).split(clients.len());
        let cover = |of: &BTreeSet<String>| {
            (!of.is_empty()).then(|| Coverage::of(of.iter().cloned(), split))
        };
        let progress = clients.iter().zip(names(clients)).map(|(client, name)| {
            let servers = wanted.servers(client);
            Progress {
                name,
                coverage: cover(&servers),
                versions: cover(&wanted.versions),
                servers,
                calls: 0,
            }
        });
        let clients = progress.collect();
        Self {
            wanted,
            rates,
            clients,
            tally: Tally::default(),
            broken: None,
            blind: None,
        }
    }

    /// What is wrong with an answer, or what keeps it from being judged.
    fn fault(&self, client: usize, observation: &Observation, answer: &Answer) -> Option<Fault> {
        let progress = &self.clients[client];
        let by = server(answer);
        if !progress.servers.is_empty() && !progress.servers.contains(&*by) {
            return Some(match answer.cluster.is_none() && answer.vm.is_none() {
                true => Fault::Blind("the answer does not say where it comes from".to_owned()),
                false => Fault::Broken(format!("{by} answered {}", progress.name)),
            });
        }
        self.version_fault(answer, &progress.name)
            .or_else(|| self.status_fault(answer))
            .or_else(|| self.way_fault(observation, answer))
    }

    fn version_fault(&self, answer: &Answer, client: &str) -> Option<Fault> {
        let wanted = &self.wanted.versions;
        match &answer.version {
            _ if wanted.is_empty() => None,
            None => Some(Fault::Blind(
                "the answer does not say its version".to_owned(),
            )),
            Some(version) if wanted.contains(&**version) => None,
            Some(version) => Some(Fault::Broken(format!(
                "version {version} answered {client}"
            ))),
        }
    }

    fn status_fault(&self, answer: &Answer) -> Option<Fault> {
        let status = answer.status?;
        let fits = self
            .wanted
            .status
            .map_or((200..300).contains(&status), |wanted| status == wanted);
        (!fits).then(|| Fault::Broken(format!("the answer has the status {status}")))
    }

    fn way_fault(&self, observation: &Observation, answer: &Answer) -> Option<Fault> {
        let wanted = self.wanted.via?;
        if observation.hops.is_empty() {
            let blind = "this engine has no evidence of the way a call takes";
            return Some(Fault::Blind(blind.to_owned()));
        }
        let wrong = self.wanted.ways.differs(wanted, observation, answer)?;
        Some(Fault::Broken(wrong))
    }
}

enum Fault {
    Broken(String),
    Blind(String),
}

impl Progress {
    fn satisfied(&self) -> bool {
        let covered = |coverage: &Option<Coverage>| {
            // Everyone was heard, and whoever else took a fair share would have been.
            coverage
                .as_ref()
                .is_none_or(|coverage| coverage.complete() && coverage.excludes_others())
        };
        self.calls >= ANYBODY.min(self.needed())
            && covered(&self.coverage)
            && covered(&self.versions)
            || self.calls >= BARREN && self.unheard().is_empty()
    }

    /// Who has not been heard.
    fn unheard(&self) -> Vec<&str> {
        let both = [&self.coverage, &self.versions].into_iter().flatten();
        both.flat_map(Coverage::missing).collect()
    }

    /// Who was not heard although there were many calls: too few of them were picks of their own.
    fn barren(&self) -> Option<String> {
        let unheard = self.unheard();
        (self.calls >= BARREN && !unheard.is_empty()).then(|| {
            format!(
                "{} never answered {}, but too few of its {} calls were picks of their own",
                unheard.join(" and "),
                self.name,
                self.calls
            )
        })
    }

    fn needed(&self) -> u64 {
        let of = |coverage: &Option<Coverage>| coverage.as_ref().map_or(0, Coverage::still_needed);
        of(&self.coverage)
            .max(of(&self.versions))
            .max(ANYBODY.saturating_sub(self.calls))
    }

    /// Who is missing, once luck is ruled out.
    fn missing(&self) -> Option<String> {
        [&self.coverage, &self.versions]
            .into_iter()
            .flatten()
            .find_map(|coverage| {
                let missing: Vec<&str> = coverage.missing().collect();
                (coverage.conclusive() && !missing.is_empty())
                    .then(|| format!("{} never answered {}", missing.join(" and "), self.name))
            })
    }
}

impl Look for ReachableLook {
    fn next(&self) -> Next {
        let decided = |verdict: Verdict| {
            Next::Decided(Box::new(verdict.on(self.tally.clone().counted(self.rates))))
        };
        let expected = self.wanted.words();
        if let Some(broken) = &self.broken {
            return decided(Verdict::fail(expected, broken));
        }
        if let Some(blind) = &self.blind {
            return decided(Verdict::inconclusive(expected, blind));
        }
        if let Some(missing) = self.clients.iter().find_map(Progress::missing) {
            return decided(Verdict::fail(expected, missing));
        }
        if let Some(barren) = self.clients.iter().find_map(Progress::barren) {
            return decided(Verdict::inconclusive(expected, barren));
        }
        let clients = self.clients.iter().enumerate();
        let unsatisfied = clients.filter(|(_, progress)| !progress.satisfied());
        let asks: Vec<Ask> = unsatisfied
            .map(|(client, progress)| Ask::new(client, progress.needed().clamp(1, 25)))
            .collect();
        match asks.is_empty() {
            true => decided(Verdict::pass(expected, "so it is")),
            false => Next::Ask(asks),
        }
    }

    fn observe(&mut self, client: usize, observation: &Observation) {
        self.tally.count(observation, true);
        let fault = match &observation.outcome {
            Outcome::Refused(refusal) => Some(Fault::Broken(format!(
                "{}: {}",
                self.clients[client].name,
                refused(*refusal)
            ))),
            Outcome::Answered(answer) => self.fault(client, observation, answer),
        };
        let progress = &mut self.clients[client];
        progress.calls += 1;
        match fault {
            Some(Fault::Broken(how)) => {
                self.tally.keep(observation);
                self.broken.get_or_insert(how);
            }
            Some(Fault::Blind(why)) => {
                self.blind.get_or_insert(why);
            }
            None => progress.heard(observation, &self.wanted.ways),
        }
    }
}

impl Progress {
    fn heard(&mut self, observation: &Observation, ways: &Ways) {
        if let Some(coverage) = &mut self.coverage {
            let who = label(&observation.outcome);
            take(
                coverage,
                &who,
                is_independent(By::Cluster, observation, ways),
            );
        }
        if let (Some(coverage), Outcome::Answered(answer)) =
            (&mut self.versions, &observation.outcome)
        {
            let version = answer.version.as_deref().unwrap_or_default();
            // Where nothing is known of connections every answer is taken for a pick, as for
            // clusters: it is a search, not a share.
            let known = answer.earlier_pick.is_some();
            let own = !known || is_independent(By::Version, observation, ways);
            take(coverage, version, own);
        }
    }
}

fn take(coverage: &mut Coverage, answered: &str, own: bool) {
    match own {
        true => coverage.sample(answered),
        false => coverage.hear(answered),
    }
}
