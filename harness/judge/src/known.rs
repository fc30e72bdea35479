//! What control planes and proxies say they know, held against what they should.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use world::{Client, ClusterName, ClusterSync, ControlPlane, KnownEndpoints, Told};

use crate::Verdict;

/// Whether every control plane has read every cluster: `declared` are the clusters in which one
/// runs, each with the clusters that it should see; `seen` are all that run.
pub fn synced(
    declared: &BTreeMap<ClusterName, BTreeSet<ClusterName>>,
    seen: &[ControlPlane],
) -> Verdict {
    let expected = "every istiod has synced every cluster that it discovers";
    let missing = declared.iter().flat_map(|(plane, clusters)| {
        let here: Vec<_> = seen.iter().filter(|one| one.cluster == *plane).collect();
        match here.is_empty() {
            true => vec![format!("no istiod runs in {plane}")],
            false => here
                .iter()
                .flat_map(|one| unsynced(one, clusters))
                .collect(),
        }
    });
    let missing: Vec<String> = missing.collect();
    match missing.as_slice() {
        [] => Verdict::pass(expected, said(declared)),
        missing => Verdict::fail(expected, missing.join("; ")),
    }
}

/// What one control plane has not read: of the clusters it should see, and of those it tries to.
fn unsynced(plane: &ControlPlane, clusters: &BTreeSet<ClusterName>) -> Vec<String> {
    let who = format!("{} of {}", plane.pod, plane.cluster);
    let mut own = plane.reads.iter();
    if let Some(own) = own.find(|read| read.cluster == plane.cluster.as_str() && !read.synced) {
        // Remote secrets are in there: which clusters it would discover is not known yet.
        return vec![not_synced(own, &who)];
    }
    let unknown = clusters.iter().filter(|cluster| {
        let mut reads = plane.reads.iter();
        !reads.any(|read| read.cluster == cluster.as_str())
    });
    let unknown = unknown.map(|cluster| {
        format!("{cluster} is unknown to {who}: it has no remote secret for {cluster}")
    });
    let behind = plane.reads.iter().filter(|read| !read.synced);
    unknown
        .chain(behind.map(|read| not_synced(read, &who)))
        .collect()
}

fn not_synced(read: &ClusterSync, who: &str) -> String {
    let why = read.trouble.as_deref().unwrap_or("no reason is known");
    format!("{} is not synced by {who}: {why}", read.cluster)
}

fn said(declared: &BTreeMap<ClusterName, BTreeSet<ClusterName>>) -> String {
    let planes = declared.iter().map(|(plane, clusters)| {
        let clusters: Vec<_> = clusters.iter().map(ClusterName::as_str).collect();
        format!("{plane} has synced {}", clusters.join(", "))
    });
    planes.collect::<Vec<_>>().join("; ")
}

/// Whether the proxies of all these clients know exactly so many endpoints in each cluster.
pub fn endpoints(
    target: &str,
    behind: &BTreeMap<ClusterName, u32>,
    told: &[(Client, KnownEndpoints)],
) -> Verdict {
    let wanted: BTreeMap<&str, u32> = behind
        .iter()
        .filter(|(_, count)| **count > 0)
        .map(|(cluster, count)| (cluster.as_str(), *count))
        .collect();
    let expected = format!("{target} has {}", counted(&wanted));
    let wrong = told.iter().find_map(|(client, known)| {
        let why = differs(&wanted, known)?;
        Some(format!("for {client} {why}"))
    });
    match wrong {
        Some(observed) => Verdict::fail(expected, observed),
        None if told.is_empty() => Verdict::inconclusive(expected, "no proxy was asked"),
        None => Verdict::pass(expected, format!("so {} proxies were told", told.len())),
    }
}

fn differs(wanted: &BTreeMap<&str, u32>, known: &KnownEndpoints) -> Option<String> {
    let told = match known {
        KnownEndpoints::NoProxy => return Some("there is no proxy that was told anything".into()),
        KnownEndpoints::NoService => return Some("the proxy sees no such service".into()),
        KnownEndpoints::Told(told) => told,
    };
    let seen = told.behind.iter().map(|(id, count)| (id.as_str(), *count));
    let seen: BTreeMap<&str, u32> = seen.collect();
    (seen != *wanted).then(|| format!("it has {}{}", counted(&seen), left_out(told)))
}

fn counted(counts: &BTreeMap<&str, u32>) -> String {
    let of = |(cluster, count): (&&str, &u32)| format!("{count} in {cluster}");
    match counts.is_empty() {
        true => "no endpoints".to_owned(),
        false => counts.iter().map(of).collect::<Vec<_>>().join(", "),
    }
}

fn left_out(told: &Told) -> String {
    let mut text = String::new();
    for left in &told.left_out {
        let _ = write!(
            text,
            "; {} in {} is left out by {}",
            left.address, left.cluster, left.because
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use world::{NamespaceName, WorkloadName};

    use super::*;
    use crate::Outcome;

    fn cluster(name: &str) -> ClusterName {
        ClusterName::new(name).unwrap()
    }

    fn declared() -> BTreeMap<ClusterName, BTreeSet<ClusterName>> {
        let both = BTreeSet::from([cluster("cluster1"), cluster("cluster2")]);
        BTreeMap::from([(cluster("cluster1"), both)])
    }

    fn istiod(reads: &[(&str, bool)]) -> ControlPlane {
        ControlPlane {
            cluster: cluster("cluster1"),
            namespace: "istio-system".to_owned(),
            pod: "istiod-a".to_owned(),
            reads: reads
                .iter()
                .map(|(id, synced)| ClusterSync {
                    cluster: (*id).to_owned(),
                    synced: *synced,
                    trouble: (!synced).then(|| "timed out".to_owned()),
                })
                .collect(),
        }
    }

    #[test]
    fn a_control_plane_that_has_read_everything_is_synced() {
        let seen = [istiod(&[("cluster1", true), ("cluster2", true)])];
        assert_eq!(synced(&declared(), &seen).outcome, Outcome::Pass);
    }

    #[test]
    fn an_istiod_that_has_not_read_its_own_cluster_says_only_why() {
        let verdict = synced(&declared(), &[istiod(&[("cluster1", false)])]);
        assert_eq!(
            verdict.observed,
            "cluster1 is not synced by istiod-a of cluster1: timed out"
        );
    }

    #[test]
    fn what_is_missing_is_named() {
        for (reads, part) in [
            (vec![("cluster1", true)], "no remote secret for cluster2"),
            (vec![("cluster1", true), ("cluster2", false)], "timed out"),
            (
                vec![("cluster1", true), ("cluster2", true), ("cluster9", false)],
                "cluster9 is not synced",
            ),
        ] {
            let verdict = synced(&declared(), &[istiod(&reads)]);
            assert_eq!(verdict.outcome, Outcome::Fail);
            assert!(verdict.observed.contains(part), "{}", verdict.observed);
        }
        let verdict = synced(&declared(), &[]);
        assert_eq!(verdict.observed, "no istiod runs in cluster1");
    }

    #[test]
    fn one_replica_that_lags_behind_is_enough_to_fail() {
        let good = istiod(&[("cluster1", true), ("cluster2", true)]);
        let verdict = synced(&declared(), &[good, istiod(&[("cluster1", true)])]);
        assert_eq!(verdict.outcome, Outcome::Fail);
    }

    fn client() -> Client {
        Client::Pod {
            cluster: cluster("cluster1"),
            namespace: NamespaceName::new("sample").unwrap(),
            workload: WorkloadName::new("sleep").unwrap(),
        }
    }

    fn told(behind: &[(&str, u32)]) -> KnownEndpoints {
        let behind = behind.iter().map(|(id, count)| ((*id).to_owned(), *count));
        KnownEndpoints::Told(Told {
            behind: behind.collect(),
            ..Told::default()
        })
    }

    fn ask(known: KnownEndpoints) -> Verdict {
        let wanted = BTreeMap::from([(cluster("cluster1"), 1), (cluster("cluster2"), 0)]);
        endpoints("helloworld.sample:5000", &wanted, &[(client(), known)])
    }

    #[test]
    fn endpoints_are_counted_exactly_and_none_is_as_good_as_unnamed() {
        assert_eq!(ask(told(&[("cluster1", 1)])).outcome, Outcome::Pass);
        for wrong in [
            told(&[("cluster1", 2)]),
            told(&[("cluster1", 1), ("cluster2", 1)]),
            told(&[]),
            KnownEndpoints::NoProxy,
            KnownEndpoints::NoService,
        ] {
            assert_eq!(ask(wrong).outcome, Outcome::Fail);
        }
    }

    #[test]
    fn nobody_asked_says_nothing() {
        let nobody = endpoints("a:1", &BTreeMap::new(), &[]);
        assert_eq!(nobody.outcome, Outcome::Inconclusive);
    }
}
