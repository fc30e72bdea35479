//! Releases that are known to break meshes of several clusters.

use world::{Version, VersionReq};

use crate::{Rule, Severity, finding::Notes, unit::Unit};

pub(super) const RULE: Rule = Rule {
    id: "known-istio-defect",
    severity: Severity::Note,
    summary: "This release of Istio has a known defect that only meshes of several clusters meet.",
    check,
};

/// A defect of releases.
struct Defect {
    releases: &'static str,
    what: &'static str,
    remedy: &'static str,
}

/// Sources: the issues named, and Istio's release notes.
const DEFECTS: [Defect; 5] = [
    Defect {
        releases: ">=1.29.0, <1.29.2",
        what: "a remote whose reader may not read ConfigMaps has an empty trust domain (istio/istio#59474)",
        remedy: "upgrade to 1.29.2, or apply the reader's ClusterRole first",
    },
    Defect {
        releases: ">=1.30.0, <1.30.3",
        what: "a rotated remote secret is not taken up until istiod restarts (istio/istio#60612)",
        remedy: "upgrade to 1.30.3, and rehearse the rotation",
    },
    Defect {
        releases: ">=1.30.0, <=1.30.3",
        what: "rotating or removing a remote secret drops endpoints and network gateways (istio/istio#61043, #60920)",
        remedy: "restart istiod after a rotation, and rehearse it",
    },
    Defect {
        releases: ">=1.28.0, <1.28.3",
        what: "a wrong remote secret that is corrected does not recover (istio/istio#58047)",
        remedy: "upgrade to 1.28.3",
    },
    Defect {
        releases: ">=1.22.0, <1.22.6",
        what: "exclusions from clusterLocal have no effect (istio/istio#52367)",
        remedy: "upgrade to 1.22.6",
    },
];

fn check(unit: &Unit, notes: &mut Notes<'_>) {
    let Some((topology, at)) = unit.declared() else {
        return;
    };
    for cluster in topology.control_planes() {
        let Some(member) = topology
            .member(cluster)
            .filter(|member| !member.discovers.is_empty())
        else {
            continue;
        };
        for revision in &member.revisions {
            for defect in of(&revision.version) {
                notes.add(
                    &at.keys(&["istio", "version"]),
                    format!("Istio {}: {}", revision.version, defect.what),
                    defect.remedy,
                );
            }
        }
    }
}

fn of(version: &Version) -> impl Iterator<Item = &'static Defect> {
    DEFECTS.iter().filter(move |defect| {
        let releases: VersionReq = defect.releases.parse().expect("a well-formed literal");
        releases.matches(version)
    })
}
