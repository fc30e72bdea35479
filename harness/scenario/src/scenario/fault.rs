//! Faults: what is broken until it is healed.

use serde::Serialize;
use world::{ClusterName, Direction, SubstrateFault, fault::End};

use super::{Deployed, deployed, scope::Scope};
use crate::{
    draft::{
        CertificateDraft, CertificateFault, ClockDraft, FaultKindDraft, GatewayDownDraft,
        GatewayFault, LatencyDraft, LossDraft, NodeRefDraft, PartitionDraft, PauseDraft, PlaceRef,
        ScaleDraft, SecretDraft, SecretFault, StaleEndpointsDraft, StopDraft, WayDraft,
    },
    problem::{FieldPath, Findings, did_you_mean},
    term::Period,
    topology::RemoteSecret,
};

/// A fault under a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Fault {
    /// What it is called; unique in the scenario.
    pub name: String,
    /// What is broken.
    pub kind: FaultKind,
}

/// What is broken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum FaultKind {
    /// Something below the mesh, which the engine breaks.
    Substrate(SubstrateFault),
    /// Another number of pods.
    Scale {
        /// Of what; several if it was written with `@*`.
        of: Vec<Deployed>,
        /// How many.
        replicas: u32,
    },
    /// An istiod stands still: connections stay open, nothing is answered.
    PauseControlPlane(ClusterName),
    /// An east-west gateway is gone or has moved.
    GatewayDown {
        /// The cluster whose gateway it is.
        cluster: ClusterName,
        /// What happens to it.
        how: GatewayFault,
    },
    /// A remote secret is lost or wrong.
    Secret {
        /// The secret.
        secret: RemoteSecret,
        /// What is wrong with it.
        how: SecretFault,
    },
    /// Certificates are expired or signed by another root.
    Certificate {
        /// The cluster whose workloads and gateways are meant.
        cluster: ClusterName,
        /// What is wrong with them.
        how: CertificateFault,
    },
    /// A control plane no longer hears of changes in a cluster.
    StaleEndpoints {
        /// The cluster whose changes are lost.
        of: ClusterName,
        /// The cluster whose istiod no longer hears of them.
        seen_by: ClusterName,
    },
}

/// Reads what is broken; `None` if something in it was reported.
pub(super) fn read(
    draft: &FaultKindDraft,
    scope: &Scope<'_>,
    at: &FieldPath,
    findings: &mut Findings,
) -> Option<FaultKind> {
    let before = findings.len();
    let kind = match draft {
        FaultKindDraft::Scale(draft) => scale(draft, scope, &at.key("scale"), findings),
        FaultKindDraft::Partition(draft) => partition(draft, scope, &at.key("partition"), findings),
        FaultKindDraft::Pause(draft) => pause(draft, scope, &at.key("pause"), findings),
        FaultKindDraft::Stop(draft) => stop(draft, scope, &at.key("stop"), findings),
        FaultKindDraft::GatewayDown(draft) => {
            gateway(draft, scope, &at.key("gatewayDown"), findings)
        }
        FaultKindDraft::Secret(draft) => secret(draft, scope, &at.key("secret"), findings)?,
        FaultKindDraft::Certificate(draft) => {
            certificate(draft, scope, &at.key("certificate"), findings)
        }
        FaultKindDraft::Latency(draft) => latency(draft, scope, &at.key("latency"), findings),
        FaultKindDraft::Loss(draft) => loss(draft, scope, &at.key("loss"), findings),
        FaultKindDraft::StaleEndpoints(draft) => {
            stale(draft, scope, &at.key("staleEndpoints"), findings)
        }
        FaultKindDraft::Clock(draft) => {
            FaultKind::Substrate(clock(draft, scope, &at.key("clock"), findings)?)
        }
    };
    (findings.len() == before).then_some(kind)
}

fn scale(
    draft: &ScaleDraft,
    scope: &Scope<'_>,
    at: &FieldPath,
    findings: &mut Findings,
) -> FaultKind {
    FaultKind::Scale {
        of: scaled(draft, scope, at, findings),
        replicas: draft.replicas,
    }
}

/// What a `scale` is about; the version must be one that runs there.
pub(super) fn scaled(
    draft: &ScaleDraft,
    scope: &Scope<'_>,
    at: &FieldPath,
    findings: &mut Findings,
) -> Vec<Deployed> {
    let version = draft.version.as_deref();
    let of = deployed::read(
        &draft.workload,
        version,
        scope,
        &at.key("workload"),
        findings,
    );
    let name = draft.workload.split('@').next().unwrap_or_default();
    if let (Some(version), Some(workload)) = (version, scope.workloads.get(name))
        && !workload.versions().any(|known| known == version)
    {
        findings.value(
            &at.key("version"),
            format!("'{name}' has no version '{version}'"),
            did_you_mean(version, workload.versions().collect::<Vec<_>>()),
        );
    }
    of
}

fn partition(
    draft: &PartitionDraft,
    scope: &Scope<'_>,
    at: &FieldPath,
    findings: &mut Findings,
) -> FaultKind {
    ends(&draft.from, &draft.to, scope, at, findings);
    FaultKind::Substrate(SubstrateFault::Partition {
        from: end(&draft.from),
        to: end(&draft.to),
        direction: match draft.way {
            WayDraft::OneWay => Direction::Forth,
            WayDraft::BothWays => Direction::Both,
        },
    })
}

fn pause(
    draft: &PauseDraft,
    scope: &Scope<'_>,
    at: &FieldPath,
    findings: &mut Findings,
) -> FaultKind {
    match draft {
        PauseDraft::Cluster(cluster) => {
            scope.cluster(cluster, &at.key("cluster"), findings);
            FaultKind::Substrate(SubstrateFault::PauseCluster(cluster.clone()))
        }
        PauseDraft::ApiServer(cluster) => {
            scope.cluster(cluster, &at.key("apiServer"), findings);
            FaultKind::Substrate(SubstrateFault::PauseApiServer(cluster.clone()))
        }
        PauseDraft::ControlPlane(cluster) => {
            control_plane(cluster, scope, &at.key("controlPlane"), findings);
            FaultKind::PauseControlPlane(cluster.clone())
        }
        PauseDraft::Node(node) => {
            known_node(node, scope, &at.key("node"), findings);
            let fault = SubstrateFault::PauseNode(node.cluster.clone(), node.name.clone());
            FaultKind::Substrate(fault)
        }
    }
}

fn known_node(node: &NodeRefDraft, scope: &Scope<'_>, at: &FieldPath, findings: &mut Findings) {
    if !scope.cluster(&node.cluster, &at.key("cluster"), findings) {
        return;
    }
    let nodes = &scope.topology.substrate().clusters[&node.cluster].nodes;
    if !nodes.iter().any(|known| known.name == node.name) {
        findings.value(
            &at.key("name"),
            format!("'{}' has no node '{}'", node.cluster, node.name),
            did_you_mean(
                node.name.as_str(),
                nodes.iter().map(|node| node.name.as_str()),
            ),
        );
    }
}

fn control_plane(
    cluster: &ClusterName,
    scope: &Scope<'_>,
    at: &FieldPath,
    findings: &mut Findings,
) {
    let mut known = scope.topology.control_planes();
    if !known.any(|name| name == cluster) {
        let all = scope.topology.control_planes().map(ClusterName::as_str);
        findings.value(
            at,
            format!("no istiod runs in '{cluster}'"),
            did_you_mean(cluster.as_str(), all.collect::<Vec<_>>()),
        );
    }
}

fn stop(
    draft: &StopDraft,
    scope: &Scope<'_>,
    at: &FieldPath,
    findings: &mut Findings,
) -> FaultKind {
    scope.cluster(&draft.cluster, &at.key("cluster"), findings);
    FaultKind::Substrate(SubstrateFault::StopCluster(draft.cluster.clone()))
}

fn gateway(
    draft: &GatewayDownDraft,
    scope: &Scope<'_>,
    at: &FieldPath,
    findings: &mut Findings,
) -> FaultKind {
    east_west(&draft.cluster, scope, &at.key("cluster"), findings);
    FaultKind::GatewayDown {
        cluster: draft.cluster.clone(),
        how: draft.how,
    }
}

fn east_west(cluster: &ClusterName, scope: &Scope<'_>, at: &FieldPath, findings: &mut Findings) {
    let clusters = scope.topology.substrate().clusters.keys();
    if scope.topology.east_west_gateway(cluster).is_none() {
        let with = clusters.filter(|name| scope.topology.east_west_gateway(name).is_some());
        findings.value(
            at,
            format!("'{cluster}' has no east-west gateway"),
            did_you_mean(
                cluster.as_str(),
                with.map(ClusterName::as_str).collect::<Vec<_>>(),
            ),
        );
    }
}

fn secret(
    draft: &SecretDraft,
    scope: &Scope<'_>,
    at: &FieldPath,
    findings: &mut Findings,
) -> Option<FaultKind> {
    let secret = remote_secret(&draft.of, &draft.stored_in, scope, at, findings)?;
    Some(FaultKind::Secret {
        secret,
        how: draft.how,
    })
}

/// The remote secret between two clusters.
pub(super) fn remote_secret(
    of: &ClusterName,
    stored_in: &ClusterName,
    scope: &Scope<'_>,
    at: &FieldPath,
    findings: &mut Findings,
) -> Option<RemoteSecret> {
    let secrets = scope.topology.remote_secrets();
    let found = secrets
        .iter()
        .find(|s| s.of == *of && s.stored_in == *stored_in);
    if found.is_none() {
        let all: Vec<String> = secrets
            .iter()
            .map(|s| format!("{} in {}", s.of, s.stored_in))
            .collect();
        findings.value(
            at,
            format!("there is no remote secret of '{of}' in '{stored_in}'"),
            did_you_mean(
                &format!("{of} in {stored_in}"),
                all.iter().map(String::as_str),
            ),
        );
    }
    found.cloned()
}

fn certificate(
    draft: &CertificateDraft,
    scope: &Scope<'_>,
    at: &FieldPath,
    findings: &mut Findings,
) -> FaultKind {
    scope.cluster(&draft.cluster, &at.key("cluster"), findings);
    FaultKind::Certificate {
        cluster: draft.cluster.clone(),
        how: draft.how,
    }
}

fn stale(
    draft: &StaleEndpointsDraft,
    scope: &Scope<'_>,
    at: &FieldPath,
    findings: &mut Findings,
) -> FaultKind {
    let StaleEndpointsDraft { of, seen_by } = draft;
    let before = findings.len();
    scope.cluster(of, &at.key("of"), findings);
    control_plane(seen_by, scope, &at.key("seenBy"), findings);
    if findings.len() == before && (of == seen_by || !scope.topology.sees(seen_by, of)) {
        findings.value(
            at,
            format!("the istiod in '{seen_by}' does not watch '{of}' from afar"),
            "name a cluster that it discovers",
        );
    }
    FaultKind::StaleEndpoints {
        of: of.clone(),
        seen_by: seen_by.clone(),
    }
}

/// Reads a clock that is off.
pub(super) fn clock(
    draft: &ClockDraft,
    scope: &Scope<'_>,
    at: &FieldPath,
    findings: &mut Findings,
) -> Option<SubstrateFault> {
    scope.cluster(&draft.cluster, &at.key("cluster"), findings);
    let seconds =
        |period: &Period| i64::try_from(period.as_duration().as_secs()).unwrap_or(i64::MAX);
    let seconds = match (&draft.ahead, &draft.behind) {
        (Some(ahead), None) => seconds(ahead),
        (None, Some(behind)) => -seconds(behind),
        (None, None) | (Some(_), Some(_)) => {
            findings.value(
                at,
                "it must say either how far ahead or how far behind the clock is",
                "write one of 'ahead: 2h' and 'behind: 2h'",
            );
            return None;
        }
    };
    Some(SubstrateFault::ClockSkew {
        cluster: draft.cluster.clone(),
        seconds,
    })
}

fn latency(
    draft: &LatencyDraft,
    scope: &Scope<'_>,
    at: &FieldPath,
    findings: &mut Findings,
) -> FaultKind {
    ends(&draft.from, &draft.to, scope, at, findings);
    FaultKind::Substrate(SubstrateFault::Latency {
        from: end(&draft.from),
        to: end(&draft.to),
        add: draft.add.as_duration(),
    })
}

fn loss(
    draft: &LossDraft,
    scope: &Scope<'_>,
    at: &FieldPath,
    findings: &mut Findings,
) -> FaultKind {
    ends(&draft.from, &draft.to, scope, at, findings);
    FaultKind::Substrate(SubstrateFault::Loss {
        from: end(&draft.from),
        to: end(&draft.to),
        ppm: draft.share.ppm(),
    })
}

fn end(place: &PlaceRef) -> End {
    match place {
        PlaceRef::Cluster(name) => End::Cluster(name.clone()),
        PlaceRef::Network(name) => End::Network(name.clone()),
        PlaceRef::Vm(name) => End::Vm(name.clone()),
    }
}

fn ends(
    from: &PlaceRef,
    to: &PlaceRef,
    scope: &Scope<'_>,
    at: &FieldPath,
    findings: &mut Findings,
) {
    for (place, at) in [(from, at.key("from")), (to, at.key("to"))] {
        match place {
            PlaceRef::Cluster(name) => {
                scope.cluster(name, &at.key("cluster"), findings);
            }
            PlaceRef::Vm(name) => {
                scope.vm(name.as_str(), &at.key("vm"), findings);
            }
            PlaceRef::Network(name) => {
                let networks = &scope.topology.substrate().networks;
                if !networks.contains_key(name) {
                    let known = networks.keys().map(AsRef::as_ref);
                    findings.value(
                        &at.key("network"),
                        format!("there is no network '{name}'"),
                        did_you_mean(name.as_str(), known),
                    );
                }
            }
        }
    }
    if from == to {
        findings.value(
            at,
            "both ends are the same place",
            "name two different places",
        );
    }
}
