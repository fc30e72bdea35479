//! Labels: how what is ours is found again, by us and by kind's own tools.
//!
//! Nothing is ever removed because of its name: only what carries our run label, and of those only
//! what is expired or whose owner is gone.

use std::collections::BTreeMap;

use crate::lease::{Lease, Process};

/// The labels of a container or network.
pub(crate) type Labels = BTreeMap<String, String>;

/// The run that created it.
pub(crate) const RUN: &str = "dev.isthmus.run";
/// The user who started the run.
pub(crate) const OWNER: &str = "dev.isthmus.owner";
/// The process that made it, as `pid/start@boot@machine`.
pub(crate) const PROCESS: &str = "dev.isthmus.process";
/// Until when it may stay, as an RFC 3339 timestamp.
pub(crate) const LEASE: &str = "dev.isthmus.lease";
/// Until when a run is kept that outlives its process, on a volume of its own.
pub(crate) const KEPT: &str = "dev.isthmus.kept";
/// The images that a golden `/var` holds; it belongs to no run.
pub(crate) const IMAGES: &str = "dev.isthmus.images";
/// What the run's clusters were made from: topology and images.
pub(crate) const DIGEST: &str = "dev.isthmus.digest";
/// The declared network a bridge stands for, or `wan`.
pub(crate) const NETWORK: &str = "dev.isthmus.network";
/// The declared name of the cluster a node belongs to.
pub(crate) const CLUSTER: &str = "dev.isthmus.cluster";
/// The declared name of the machine that a container is.
pub(crate) const VM: &str = "dev.isthmus.vm";
/// kind's label of the cluster a node belongs to; kind's tools list by it.
pub(crate) const KIND_CLUSTER: &str = "io.x-k8s.kind.cluster";
/// kind's label of a node's role.
pub(crate) const KIND_ROLE: &str = "io.x-k8s.kind.role";

/// Who creates things, for how long, and from what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The run's name, a DNS label.
    pub run: String,
    /// The user who started it.
    pub user: String,
    /// Until when it is needed.
    pub lease: Lease,
    /// What its clusters are made from.
    pub digest: String,
}

impl Owner {
    /// This user, for a run.
    pub fn new(run: impl Into<String>, lease: Lease, digest: impl Into<String>) -> Self {
        Self {
            run: run.into(),
            user: std::env::var("USER").unwrap_or_else(|_| "unknown".to_owned()),
            lease,
            digest: digest.into(),
        }
    }

    /// The labels of everything it creates.
    pub(crate) fn labels(&self) -> Labels {
        Labels::from([
            (RUN.to_owned(), self.run.clone()),
            (PROCESS.to_owned(), written(&self.lease.process)),
            (OWNER.to_owned(), self.user.clone()),
            (LEASE.to_owned(), self.lease.until.to_string()),
            (DIGEST.to_owned(), self.digest.clone()),
        ])
    }

    /// Reads the owner back from labels; `None` if they are not ours or not whole.
    pub(crate) fn of(labels: &Labels) -> Option<Self> {
        Some(Self {
            run: labels.get(RUN)?.clone(),
            user: labels.get(OWNER).cloned().unwrap_or_default(),
            lease: Lease {
                process: read(labels.get(PROCESS)?)?,
                until: labels.get(LEASE)?.parse().ok()?,
            },
            digest: labels.get(DIGEST).cloned().unwrap_or_default(),
        })
    }
}

fn written(process: &Process) -> String {
    let Process {
        pid,
        started,
        boot,
        machine,
    } = process;
    format!("{pid}/{started}@{boot}@{machine}")
}

fn read(text: &str) -> Option<Process> {
    let (process, place) = text.split_once('@')?;
    let (pid, started) = process.split_once('/')?;
    let (boot, machine) = place.split_once('@')?;
    Some(Process {
        pid: pid.parse().ok()?,
        started: started.parse().ok()?,
        boot: boot.to_owned(),
        machine: machine.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn owner(lease: Lease) -> Owner {
        Owner::new("r1", lease, "d1")
    }

    #[test]
    fn an_owner_reads_back_from_its_labels() {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let owner = owner(Lease::of_this_process(now));
        assert_eq!(Owner::of(&owner.labels()), Some(owner));
    }

    #[test]
    fn labels_that_are_not_ours_or_not_whole_have_no_owner() {
        assert_eq!(Owner::of(&Labels::new()), None);
        let mut broken = owner(Lease::of_this_process(Timestamp::UNIX_EPOCH)).labels();
        broken.insert(PROCESS.to_owned(), "someone".to_owned());
        assert_eq!(Owner::of(&broken), None);
    }
}
