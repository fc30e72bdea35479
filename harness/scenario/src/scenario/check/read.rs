//! From drafts to checks: every name is looked up, and a check that can match nothing is reported.

use std::collections::{BTreeMap, BTreeSet};

use world::ClusterName;

use super::{Budget, Check, CheckKind, Timing, Waiting, answer::check_versions};
use crate::{
    draft::{
        BudgetDraft, By, CheckDraft, CheckKindDraft, DnsDraft, EndpointsDraft, FailoverDraft,
        PodsDraft, ReachableDraft, ShareDraft,
    },
    problem::{FieldPath, Findings, did_you_mean},
    scenario::{Destination, call, deployed, scope::Scope},
    term::{OneOrMany, Percent},
};

/// What a check can refer to by name.
#[derive(Debug, Default)]
pub(in crate::scenario) struct Names {
    /// Traffic that has started, with its budget.
    pub(in crate::scenario) traffic: BTreeMap<String, Budget>,
    /// Faults that have been made.
    pub(in crate::scenario) faults: BTreeSet<String>,
    /// Positive checks of the whole scenario with their targets.
    pub(in crate::scenario) positive: Vec<(String, String)>,
}

/// Reads a check; `None` if something in it was reported.
pub(in crate::scenario) fn derive(
    draft: &CheckDraft,
    name: String,
    scope: &Scope<'_>,
    names: &Names,
    at: &FieldPath,
    findings: &mut Findings,
) -> Option<Check> {
    let reader = Reader { scope, names };
    let timing = timing(draft, at, findings);
    let kind = reader.kind(&draft.kind, at, findings)?;
    Some(Check {
        name,
        timing,
        when: draft.when.as_ref().map(|when| when.istio.clone()),
        kind,
    })
}

fn timing(draft: &CheckDraft, at: &FieldPath, findings: &mut Findings) -> Timing {
    let then = match (draft.holds, draft.in_a_row) {
        (None, None) => Waiting::Once,
        (Some(holds), None) => Waiting::Holds(holds.as_duration()),
        (None, Some(times)) => Waiting::InARow(times),
        (Some(_), Some(_)) => {
            findings.key(
                &at.key("inARow"),
                "'inARow' cannot stand beside 'holds'",
                "keep one of them",
            );
            Waiting::Once
        }
    };
    Timing {
        within: draft
            .within
            .map(|within| within.as_duration())
            .unwrap_or_default(),
        then,
    }
}

/// A budget from its draft.
pub(in crate::scenario) fn budget(draft: &BudgetDraft) -> Budget {
    Budget {
        failed: draft.failed,
        gap: draft.gap.map(|gap| gap.as_duration()),
    }
}

/// Reads checks; what it knows of answers, refusals and identities is in files of their own.
pub(super) struct Reader<'a> {
    pub(super) scope: &'a Scope<'a>,
    pub(super) names: &'a Names,
}

impl Reader<'_> {
    fn kind(
        &self,
        draft: &CheckKindDraft,
        at: &FieldPath,
        findings: &mut Findings,
    ) -> Option<CheckKind> {
        match draft {
            CheckKindDraft::Reachable(draft) => {
                self.reachable(draft, &at.key("reachable"), findings)
            }
            CheckKindDraft::Refused(draft) => self.refused(draft, &at.key("refused"), findings),
            CheckKindDraft::Share(draft) => self.share(draft, &at.key("share"), findings),
            CheckKindDraft::Mtls(draft) => self.mtls(draft, &at.key("mtls"), findings),
            CheckKindDraft::Dns(draft) => self.dns(draft, &at.key("dns"), findings),
            CheckKindDraft::Ready(draft) => Some(CheckKind::Ready {
                clusters: self.scope.clusters(
                    &draft.clusters,
                    &at.key("ready").key("in"),
                    findings,
                ),
            }),
            CheckKindDraft::Pods(draft) => self.pods(draft, &at.key("pods"), findings),
            CheckKindDraft::Synced(draft) => Some(CheckKind::Synced {
                clusters: self.synced(&draft.clusters, &at.key("synced").key("in"), findings),
            }),
            CheckKindDraft::Endpoints(draft) => {
                self.endpoints(draft, &at.key("endpoints"), findings)
            }
            CheckKindDraft::Budget(draft) => {
                let at = at.key("budget");
                let own = self.traffic(&draft.of, &at.key("of"), findings)?;
                Some(CheckKind::Budget {
                    of: draft.of.clone(),
                    budget: draft.budget.as_ref().map_or(own, budget),
                })
            }
            CheckKindDraft::Failover(draft) => self.failover(draft, &at.key("failover"), findings),
        }
    }

    fn reachable(
        &self,
        draft: &ReachableDraft,
        at: &FieldPath,
        findings: &mut Findings,
    ) -> Option<CheckKind> {
        let calls = call::read(&draft.call, self.scope, at, findings)?;
        let versions: BTreeSet<String> = draft.versions.iter().cloned().collect();
        let served_by = self.served_by(
            draft.served_by.as_ref(),
            &calls,
            &at.key("servedBy"),
            findings,
        );
        if let Some(workload) = self.target(&calls) {
            check_versions(versions.iter(), workload, &at.key("versions"), findings);
        }
        Some(CheckKind::Reachable {
            calls,
            served_by,
            versions,
            via: draft.via,
            status: draft.status,
        })
    }

    fn share(
        &self,
        draft: &ShareDraft,
        at: &FieldPath,
        findings: &mut Findings,
    ) -> Option<CheckKind> {
        let calls = call::read(&draft.call, self.scope, at, findings)?;
        let at = at.key("expect");
        check_sum(&draft.expect, &at, findings);
        for key in draft.expect.keys() {
            match draft.by {
                By::Cluster => {
                    self.server(key, &calls, &at.key(key), findings);
                }
                By::Version => {
                    if let Some(workload) = self.target(&calls) {
                        check_versions([key], workload, &at.key(key), findings);
                    }
                }
                By::Pod => {}
            }
        }
        Some(CheckKind::Share {
            calls,
            by: draft.by,
            expect: draft.expect.clone(),
            tolerance: draft.tolerance,
        })
    }

    fn dns(&self, draft: &DnsDraft, at: &FieldPath, findings: &mut Findings) -> Option<CheckKind> {
        let from = call::clients(&draft.from, self.scope, &at.key("from"), findings)?;
        Some(CheckKind::Dns {
            from,
            host: draft.host.clone(),
            answer: draft.answer,
        })
    }

    fn pods(
        &self,
        draft: &PodsDraft,
        at: &FieldPath,
        findings: &mut Findings,
    ) -> Option<CheckKind> {
        let at = at.key("of");
        let found = deployed::read(&draft.of, None, self.scope, &at, findings);
        if found.len() > 1 {
            findings.value(
                &at,
                format!("'{}' is in several clusters", draft.of),
                "count the pods of one cluster per check",
            );
        }
        found.into_iter().next().map(|of| CheckKind::Pods {
            of,
            ready: draft.ready,
        })
    }

    fn synced(
        &self,
        written: &OneOrMany<ClusterName>,
        at: &FieldPath,
        findings: &mut Findings,
    ) -> Vec<ClusterName> {
        let planes: Vec<&ClusterName> = self.scope.topology.control_planes().collect();
        if written.as_slice().is_empty() {
            return planes.into_iter().cloned().collect();
        }
        let clusters = self.scope.clusters(written, at, findings);
        for cluster in clusters.iter().filter(|cluster| !planes.contains(cluster)) {
            findings.value(
                at,
                format!("no istiod runs in '{cluster}'"),
                did_you_mean(cluster.as_str(), planes.iter().map(|p| p.as_str())),
            );
        }
        clusters
    }

    fn endpoints(
        &self,
        draft: &EndpointsDraft,
        at: &FieldPath,
        findings: &mut Findings,
    ) -> Option<CheckKind> {
        let seen_by = call::clients(&draft.seen_by, self.scope, &at.key("seenBy"), findings);
        for cluster in draft.behind.keys() {
            self.scope
                .cluster(cluster, &at.key("behind").key(cluster), findings);
        }
        let to = call::destination(&draft.of, self.scope, &at.key("of"), findings)?;
        let Destination::Host { host, port } = to else {
            findings.value(
                &at.key("of"),
                "endpoints are those of a service",
                "write it as 'helloworld.sample:5000'",
            );
            return None;
        };
        Some(CheckKind::Endpoints {
            seen_by: seen_by?,
            host,
            port,
            behind: draft.behind.clone(),
        })
    }

    fn traffic(&self, name: &str, at: &FieldPath, findings: &mut Findings) -> Option<Budget> {
        let found = self.names.traffic.get(name).copied();
        if found.is_none() {
            findings.value(
                at,
                format!("no traffic called '{name}' has started by then"),
                did_you_mean(name, self.names.traffic.keys().map(String::as_str)),
            );
        }
        found
    }

    fn failover(
        &self,
        draft: &FailoverDraft,
        at: &FieldPath,
        findings: &mut Findings,
    ) -> Option<CheckKind> {
        self.traffic(&draft.of, &at.key("of"), findings)?;
        if !self.names.faults.contains(&draft.after) {
            findings.value(
                &at.key("after"),
                format!("no fault called '{}' was made by then", draft.after),
                did_you_mean(&draft.after, self.names.faults.iter().map(String::as_str)),
            );
        }
        let to = self.scope.clusters(&draft.to, &at.key("to"), findings);
        Some(CheckKind::Failover {
            of: draft.of.clone(),
            after: draft.after.clone(),
            to: to.into_iter().collect(),
            took: draft.took.as_duration(),
        })
    }
}

fn check_sum(expect: &BTreeMap<String, Percent>, at: &FieldPath, findings: &mut Findings) {
    const ALL_PPM: u64 = 1_000_000;
    /// Thirds written with one digit add up to 99.9.
    const ROUNDING_PPM: u64 = 2_000;
    let sum: u64 = expect.values().map(|share| u64::from(share.ppm())).sum();
    if sum.abs_diff(ALL_PPM) > ROUNDING_PPM {
        findings.value(
            at,
            format!(
                "the shares add up to {}% and not to 100%",
                sum as f64 / 10_000.0
            ),
            "add what is missing, if only with a share of 0",
        );
    }
}
