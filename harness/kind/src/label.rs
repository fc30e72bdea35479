//! Labels: how what is ours is found again, by us and by kind's own tools.
//!
//! Nothing is ever removed because of its name: only what carries our run label, and of those only
//! what is expired or whose owner is gone.

use std::collections::BTreeMap;

/// The labels of a container or network.
pub(crate) type Labels = BTreeMap<String, String>;

/// The run that created it.
pub(crate) const RUN: &str = "dev.isthmus.run";
/// The process that owns it, as `pid@boot-id`.
pub(crate) const OWNER: &str = "dev.isthmus.owner";
/// The declared network a bridge stands for, or `wan`.
pub(crate) const NETWORK: &str = "dev.isthmus.network";
/// kind's label of the cluster a node belongs to; kind's tools list by it.
pub(crate) const KIND_CLUSTER: &str = "io.x-k8s.kind.cluster";
/// kind's label of a node's role.
pub(crate) const KIND_ROLE: &str = "io.x-k8s.kind.role";

/// Who creates things: a run and the process behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The run's name, a DNS label.
    pub run: String,
    /// The process id.
    pub pid: u32,
    /// What tells one boot of the host from another, so that a reused pid is not taken for alive.
    pub boot: String,
}

impl Owner {
    /// This process.
    pub fn this_process(run: impl Into<String>) -> Self {
        let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        Self {
            run: run.into(),
            pid: std::process::id(),
            boot: boot.trim().to_owned(),
        }
    }

    /// The labels of everything it creates.
    pub(crate) fn labels(&self) -> Labels {
        BTreeMap::from([
            (RUN.to_owned(), self.run.clone()),
            (OWNER.to_owned(), format!("{}@{}", self.pid, self.boot)),
        ])
    }

    /// Reads the owner back from labels.
    pub(crate) fn of(labels: &Labels) -> Option<Self> {
        let (pid, boot) = labels.get(OWNER)?.split_once('@')?;
        Some(Self {
            run: labels.get(RUN)?.clone(),
            pid: pid.parse().ok()?,
            boot: boot.to_owned(),
        })
    }

    /// Whether the process still lives on this boot of this host.
    pub(crate) fn is_alive(&self) -> bool {
        let here = Self::this_process(self.run.clone());
        self.boot == here.boot && std::path::Path::new(&format!("/proc/{}", self.pid)).exists()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_reads_back_from_its_labels() {
        let owner = Owner::this_process("r1");
        assert_eq!(Owner::of(&owner.labels()), Some(owner.clone()));
        assert!(owner.is_alive());
    }

    #[test]
    fn an_owner_of_another_boot_is_dead_even_if_its_pid_lives() {
        let owner = Owner {
            boot: "another".to_owned(),
            ..Owner::this_process("r1")
        };
        assert!(!owner.is_alive());
    }

    #[test]
    fn what_carries_no_run_has_no_owner() {
        assert_eq!(Owner::of(&Labels::new()), None);
    }
}
