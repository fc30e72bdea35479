//! A trial while its clusters stand, and what it remembers from step to step.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use judge::{Outcome, Verdict, Ways};
use manifest::Facts;
use report::StepRun;
use scenario::{Scenario, Topology, draft::RootPhase, name::RootName, scenario::Check};
use world::{Capabilities, ClusterName, NamespaceName};

use crate::{Options, change::Installed, fault::Faults, site::Site, traffic::AllTraffic};

/// A trial while its clusters stand.
pub(crate) struct Running<'a> {
    pub(crate) scenario: &'a Scenario,
    pub(crate) options: &'a Options,
    pub(crate) capabilities: Capabilities,
    pub(crate) site: Site<'a>,
    pub(crate) traffic: AllTraffic,
    pub(crate) faults: Faults,
    /// The gateways that calls may pass.
    pub(crate) ways: Ways,
    facts: Mutex<Facts>,
    installed: Mutex<Installed>,
    exchanged: Mutex<BTreeMap<ClusterName, (RootName, RootPhase)>>,
    verdicts: Mutex<BTreeMap<String, Outcome>>,
}

impl<'a> Running<'a> {
    /// A trial of which nothing has happened yet.
    pub(crate) fn new(
        scenario: &'a Scenario,
        options: &'a Options,
        capabilities: Capabilities,
        site: Site<'a>,
    ) -> Self {
        let installed = Installed::of(site.topology);
        let facts = facts(options, site.topology);
        Self {
            scenario,
            options,
            capabilities,
            ways: Ways::of(site.topology),
            site,
            traffic: AllTraffic::default(),
            faults: Faults::default(),
            facts: Mutex::new(facts),
            installed: Mutex::new(installed),
            exchanged: Mutex::default(),
            verdicts: Mutex::default(),
        }
    }

    /// What is known of the living clusters.
    pub(crate) fn facts(&self) -> Facts {
        locked(&self.facts).clone()
    }

    /// Keeps what was learnt.
    pub(crate) fn keep(&self, facts: Facts) {
        *locked(&self.facts) = facts;
    }

    /// Which revisions are installed.
    pub(crate) fn installed(&self) -> Installed {
        locked(&self.installed).clone()
    }

    /// Keeps which revisions are installed now.
    pub(crate) fn keep_installed(&self, installed: Installed) {
        *locked(&self.installed) = installed;
    }

    /// The root below which a cluster signs, and how far its exchange has come.
    pub(crate) fn root_of(&self, cluster: &ClusterName) -> (RootName, RootPhase) {
        let exchanged = locked(&self.exchanged).get(cluster).cloned();
        let member = &self.site.topology.members()[cluster];
        exchanged.unwrap_or_else(|| (member.root.clone(), RootPhase::DropOld))
    }

    /// Keeps how far the exchange of a cluster's root has come.
    pub(crate) fn keep_root(&self, cluster: &ClusterName, to: &RootName, phase: RootPhase) {
        locked(&self.exchanged).insert(cluster.clone(), (to.clone(), phase));
    }

    /// The namespaces of the workloads.
    pub(crate) fn namespaces(&self) -> BTreeSet<&NamespaceName> {
        let workloads = self.scenario.workloads().values();
        workloads.map(|workload| &workload.namespace).collect()
    }

    /// Whether a check is for the Istio versions of this topology.
    pub(crate) fn applies(&self, check: &Check) -> bool {
        let Some(wanted) = &check.when else {
            return true;
        };
        let members = self.site.topology.members().values();
        let mut revisions = members.flat_map(|member| &member.revisions);
        revisions.all(|revision| wanted.matches(&revision.version))
    }

    /// Keeps what a check came to, for refusals that need a twin.
    pub(crate) fn remember(&self, check: &Check, verdict: &Verdict) {
        locked(&self.verdicts).insert(check.name.clone(), verdict.outcome);
    }

    /// A refusal counts only if its twin has shown that the path was there.
    pub(crate) fn with_twin(&self, verdict: Verdict, twin: &str) -> Verdict {
        match locked(&self.verdicts).get(twin) {
            // A twin that is asked later speaks for itself then.
            None | Some(Outcome::Pass) => verdict,
            Some(_) if verdict.outcome == Outcome::Pass => {
                let observed =
                    format!("it was refused, but '{twin}' did not show that the path was there");
                Verdict::inconclusive(&verdict.expected, observed).on(verdict.evidence)
            }
            Some(_) => verdict,
        }
    }

    /// A step that is none of the scenario's own: part of the installation or of the end.
    pub(crate) fn aside(&self, kind: &str, name: &str, verdict: Verdict) -> StepRun {
        StepRun {
            number: 0,
            kind: kind.to_owned(),
            name: name.to_owned(),
            at: self.site.environment.elapsed(),
            took: Duration::ZERO,
            verdict,
            why: None,
        }
    }
}

/// What is known before anything stands.
fn facts(options: &Options, topology: &Topology) -> Facts {
    let mut facts = Facts::new(pki::Seed::new(options.seed), day(options.now));
    if let Some(values) = &options.values {
        for cluster in topology.members().keys() {
            facts.overlay_values(cluster.clone(), values.clone());
        }
    }
    facts
}

/// The beginning of a day, as which authorities are made: a run that takes a mesh over makes the very
/// ones that are there, and their roots are not exchanged by it.
fn day(now: Timestamp) -> Timestamp {
    const SECONDS: i64 = 24 * 60 * 60;
    let second = now.as_second();
    Timestamp::from_second(second - second.rem_euclid(SECONDS)).unwrap_or(now)
}

pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_runs_of_one_day_make_the_same_authorities() {
        let at = |text: &str| day(text.parse().unwrap());
        assert_eq!(at("2026-11-21T15:48:24Z"), at("2026-11-21T23:59:59Z"));
        assert_eq!(
            at("2026-11-21T15:48:24Z").to_string(),
            "2026-11-21T00:00:00Z"
        );
    }
}
