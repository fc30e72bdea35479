//! How long what was created may stay, and who may be asked whether it is still needed.

use jiff::{Span, Timestamp};

/// The process that created something, so that it is known for dead when it is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Its id.
    pub pid: u32,
    /// When it started, in ticks since the boot; tells it from a later process of the same id.
    pub started: u64,
    /// This boot of the host.
    pub boot: String,
    /// The host, so that clusters of another client of the same daemon are not judged from here.
    pub machine: String,
}

/// Until when something may stay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// It is needed while this process lives.
    pub process: Process,
    /// It is needed no longer than this in any case.
    pub until: Timestamp,
}

/// What an owner's state says about what it owns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// Needed.
    Held,
    /// The time is over.
    Expired,
    /// The process that needed it is gone.
    Abandoned,
}

/// The longest that anything stays whose creator may still live: a run takes minutes.
const RUN: i64 = 6;

impl Lease {
    /// For as long as this process lives, and never longer than a few hours.
    pub fn of_this_process(now: Timestamp) -> Self {
        Self {
            process: Process::this(),
            until: now
                .checked_add(Span::new().hours(RUN))
                .unwrap_or(Timestamp::MAX),
        }
    }

    /// Whether it still holds, seen from the process `here`.
    pub fn claim(&self, now: Timestamp, here: &Process) -> Claim {
        if now >= self.until {
            return Claim::Expired;
        }
        match self.process.is_gone(here) {
            true => Claim::Abandoned,
            false => Claim::Held,
        }
    }
}

impl Process {
    /// This one.
    pub fn this() -> Self {
        let read = |path| std::fs::read_to_string(path).unwrap_or_default();
        let machine = read("/etc/machine-id");
        let machine = match machine.trim() {
            "" => read("/proc/sys/kernel/hostname").trim().to_owned(),
            known => known.to_owned(),
        };
        Self {
            pid: std::process::id(),
            started: start_of(std::process::id()).unwrap_or_default(),
            boot: read("/proc/sys/kernel/random/boot_id").trim().to_owned(),
            machine,
        }
    }

    /// Whether it has certainly ended. Nothing is known of other hosts: there only time decides.
    fn is_gone(&self, here: &Self) -> bool {
        if self.machine != here.machine {
            return false;
        }
        self.boot != here.boot || start_of(self.pid) != Some(self.started)
    }
}

/// When a process of this boot started; `None` if there is none.
fn start_of(pid: u32) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The command, the second word, may hold spaces; after it the start is the twentieth word.
    let (_, rest) = text.rsplit_once(')')?;
    rest.split_whitespace().nth(19)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    const NOON: &str = "2026-01-01T12:00:00Z";

    #[test]
    fn a_living_process_holds_its_lease_until_the_time_is_over() {
        let (lease, here) = (Lease::of_this_process(at(NOON)), Process::this());
        assert_eq!(lease.claim(at(NOON), &here), Claim::Held);
        let late = at("2026-01-01T18:00:00Z");
        assert_eq!(lease.claim(late, &here), Claim::Expired);
    }

    #[test]
    fn a_process_of_another_boot_or_another_start_is_gone() {
        let here = Process::this();
        let held_by = |process| Lease {
            process,
            until: Timestamp::MAX,
        };
        let rebooted = Process {
            boot: "another".to_owned(),
            ..here.clone()
        };
        let reused = Process {
            started: here.started + 1,
            ..here.clone()
        };
        for process in [rebooted, reused] {
            let claim = held_by(process).claim(at(NOON), &here);
            assert_eq!(claim, Claim::Abandoned);
        }
    }

    #[test]
    fn a_process_of_another_host_is_never_judged_from_here() {
        let here = Process::this();
        let elsewhere = Process {
            machine: "elsewhere".to_owned(),
            boot: "another".to_owned(),
            ..here.clone()
        };
        let lease = Lease {
            process: elsewhere,
            until: at("2026-01-01T13:00:00Z"),
        };
        assert_eq!(lease.claim(at(NOON), &here), Claim::Held);
    }
}
