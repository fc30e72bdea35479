//! What an engine must be able to do for a scenario; it follows from topology and steps.

use std::time::Duration;

use world::{Capabilities, Capability, Client, SubstrateFault};

use super::{Action, Break, Canary, Change, CheckKind, FaultKind, Scenario, Step};
use crate::topology::{Role, Topology};

/// Waits longer than this are only sensible where time can be skipped.
const LONGEST_REAL_WAIT: Duration = Duration::from_secs(15 * 60);

/// Everything: topology, steps and canaries.
pub(super) fn of(scenario: &Scenario) -> Capabilities {
    let mut needs = of_topology(&scenario.topology);
    needs.extend(scenario.steps.iter().flat_map(Step::needs));
    needs.extend(scenario.canaries.iter().flat_map(Canary::needs));
    needs
}

impl Step {
    /// What an engine must be able to do for this step; anything missing is the reason of a skip.
    pub fn needs(&self) -> Capabilities {
        let mut needs = Capabilities::new();
        of_action(&self.action, &mut needs);
        needs
    }
}

impl Canary {
    /// What an engine must be able to do for this violation.
    pub fn needs(&self) -> Capabilities {
        let mut needs = Capabilities::new();
        for broken in &self.breaks {
            match broken {
                Break::Fault(kind) => of_fault(kind, &mut needs),
                Break::Change(change) => of_change(change, &mut needs),
                Break::Omit { .. } | Break::Patch { .. } | Break::Values { .. } => {}
            }
        }
        needs
    }
}

/// What it takes to bring a topology up.
pub(super) fn of_topology(topology: &Topology) -> Capabilities {
    let mut needs = Capabilities::new();
    let roles = || topology.members().values().map(|member| &member.role);
    let mut need = |capability, needed: bool| {
        if needed {
            needs.insert(capability);
        }
    };
    need(Capability::Istio, roles().any(|role| *role != Role::None));
    need(Capability::Vms, !topology.vms().is_empty());
    need(
        Capability::ExternalControlPlane,
        roles().any(|role| matches!(role, Role::ExternalControlPlane { .. })),
    );
    need(
        Capability::SharedSources,
        roles().any(|role| role.sources().len() > 1),
    );
    need(
        Capability::Federation,
        topology
            .meshes()
            .values()
            .any(|mesh| !mesh.trusts.is_empty()),
    );
    need(Capability::OverlappingRanges, has_overlap(topology));
    let links = || topology.substrate().links.iter();
    need(
        Capability::Latency,
        links().any(|link| !link.latency.is_zero()),
    );
    need(Capability::Loss, links().any(|link| link.loss_ppm > 0));
    needs
}

fn has_overlap(topology: &Topology) -> bool {
    let clusters: Vec<_> = topology.substrate().clusters.values().collect();
    clusters.iter().enumerate().any(|(i, a)| {
        let meet = |x: &ipnet::Ipv4Net, y: &ipnet::Ipv4Net| crate::topology::plan::overlap(x, y);
        clusters[..i]
            .iter()
            .any(|b| meet(&a.pods, &b.pods) || meet(&a.services, &b.services))
    })
}

fn of_action(action: &Action, needs: &mut Capabilities) {
    match action {
        Action::Check(check) => {
            of_check(&check.kind, needs);
            if let Some(calls) = check.calls() {
                of_clients(&calls.from, needs);
            }
        }
        Action::Traffic(traffic) => {
            needs.insert(Capability::Traffic);
            of_clients(&traffic.calls.from, needs);
        }
        Action::Fault(fault) => of_fault(&fault.kind, needs),
        Action::Wait(period) if *period > LONGEST_REAL_WAIT => {
            needs.insert(Capability::VirtualTime);
        }
        Action::Change(change) => of_change(change, needs),
        Action::Wait(_) | Action::Heal(_) => {}
    }
}

fn of_clients(clients: &[Client], needs: &mut Capabilities) {
    if clients.contains(&Client::Outside) {
        needs.insert(Capability::OutsideClient);
    }
}

fn of_check(kind: &CheckKind, needs: &mut Capabilities) {
    match kind {
        CheckKind::Reachable { via: Some(_), .. } => {
            needs.insert(Capability::PathEvidence);
        }
        CheckKind::Refused {
            because: Some(_), ..
        } => {
            needs.insert(Capability::RefusalCause);
        }
        CheckKind::Synced { .. } | CheckKind::Endpoints { .. } => {
            needs.insert(Capability::MeshEvidence);
        }
        _ => {}
    }
}

fn of_fault(kind: &FaultKind, needs: &mut Capabilities) {
    match kind {
        FaultKind::Substrate(fault) => of_substrate_fault(fault, needs),
        FaultKind::PauseControlPlane(_) => {
            needs.insert(Capability::PausePods);
        }
        FaultKind::StaleEndpoints { .. } => {
            needs.insert(Capability::Partition);
        }
        FaultKind::Certificate { .. } => {
            needs.insert(Capability::CertificateFaults);
        }
        FaultKind::Scale { .. } | FaultKind::GatewayDown { .. } | FaultKind::Secret { .. } => {}
    }
}

fn of_substrate_fault(fault: &SubstrateFault, needs: &mut Capabilities) {
    needs.insert(match fault {
        SubstrateFault::Partition { .. } => Capability::Partition,
        SubstrateFault::PauseCluster(_)
        | SubstrateFault::PauseNode(..)
        | SubstrateFault::PauseApiServer(_) => Capability::Pause,
        SubstrateFault::PausePods { .. } => Capability::PausePods,
        SubstrateFault::StopCluster(_) => Capability::OwnClusters,
        SubstrateFault::Latency { .. } => Capability::Latency,
        SubstrateFault::Loss { .. } => Capability::Loss,
        SubstrateFault::ClockSkew { .. } => Capability::ClockSkew,
    });
}

fn of_change(change: &Change, needs: &mut Capabilities) {
    match change {
        Change::Upgrade(_)
        | Change::Rollback(_)
        | Change::Tag { .. }
        | Change::RemoveRevision { .. } => {
            needs.insert(Capability::Upgrade);
        }
        Change::RotateRoot { .. } => {
            needs.insert(Capability::CertificateFaults);
        }
        Change::Clock(fault) => of_substrate_fault(fault, needs),
        Change::RotateToken(_) | Change::Onboard(_) | Change::Offboard(_) => {
            needs.insert(Capability::Vms);
        }
        Change::Apply { .. }
        | Change::Delete { .. }
        | Change::Scale { .. }
        | Change::Restart(_)
        | Change::Label { .. }
        | Change::RotateSecret { .. } => {}
    }
}
