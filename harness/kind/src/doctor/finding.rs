//! What a host lacks, and the command that mends it. Pure: a need and a host in, findings out.

use super::{
    attempt::Attempt,
    host::{Daemon, Host},
    need::Need,
};
use crate::Error;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// As it should be.
    Good,
    /// Clusters may come up and then behave oddly.
    Risky,
    /// Clusters will not come up.
    Bad,
}

/// One thing that was examined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What was found.
    pub what: String,
    /// What to do about it; `None` if nothing needs to be done.
    pub remedy: Option<String>,
}

/// What to do without a daemon.
pub(super) const DAEMON: &str = "start it (systemctl start docker), join its group (usermod -aG docker $USER), or set DOCKER_HOST";
/// What to do without an image.
pub(super) const IMAGE: &str =
    "docker pull it, docker load its archive, or build it: ci/images/build";
/// What to do without ranges.
pub(super) const RANGES: &str = "isthmus gc; docker network prune";

/// The oldest API that has private control group name spaces.
const OLDEST_API: [u64; 2] = [1, 41];

impl Finding {
    pub(super) fn good(what: impl Into<String>) -> Self {
        Self {
            severity: Severity::Good,
            what: what.into(),
            remedy: None,
        }
    }

    fn other(severity: Severity, what: String, remedy: impl Into<String>) -> Self {
        Self {
            severity,
            what,
            remedy: Some(remedy.into()),
        }
    }

    /// Something that could not even be looked at.
    pub(super) fn failed(error: &Error, remedy: &str) -> Self {
        Self::other(Severity::Bad, error.to_string(), remedy)
    }
}

/// An image that is not there yet.
pub(super) fn to_be_pulled(image: &str) -> Finding {
    Finding::other(
        Severity::Risky,
        format!("image {image} is not there and will be pulled"),
        format!("docker pull {image} to be sure; docker login if it is private"),
    )
}

/// What a container has shown.
pub(super) fn of(attempt: Attempt) -> Vec<Finding> {
    let started = || Finding::good("privileged containers start");
    match attempt {
        Attempt::Refused(why) => vec![Finding::other(
            Severity::Bad,
            format!("privileged containers do not start: {why}"),
            "use a daemon that allows them; isthmus up --unprivileged does with less where only capabilities are missing",
        )],
        Attempt::Lacks(modules) if modules.is_empty() => vec![
            started(),
            Finding::good("the kernel has every module that nodes need"),
        ],
        Attempt::Lacks(modules) => vec![
            started(),
            Finding::other(
                Severity::Bad,
                format!("the kernel lacks {}", modules.join(", ")),
                format!("modprobe -a {}", modules.join(" ")),
            ),
        ],
    }
}

/// Compares.
pub(super) fn all(need: &Need, host: &Host) -> Vec<Finding> {
    let mut findings = daemon(&host.daemon);
    findings.extend(memory(need, host));
    findings.extend(disk(need, host));
    findings.extend(watchers(need, host));
    findings.extend(files(need, host));
    findings.extend(overlay(host));
    findings
}

fn daemon(daemon: &Daemon) -> Vec<Finding> {
    let mut findings = Vec::new();
    let Daemon { version, api, .. } = daemon;
    let spoken: Vec<u64> = api
        .split('.')
        .filter_map(|part| part.parse().ok())
        .collect();
    findings.push(match spoken.as_slice() >= OLDEST_API.as_slice() {
        true => Finding::good(format!("Docker {version} speaks API {api}")),
        false => Finding::other(
            Severity::Bad,
            format!("Docker {version} speaks API {api}; 1.41 or newer is needed"),
            "install Docker Engine 20.10 or newer",
        ),
    });
    if daemon.os != "linux" {
        let what = format!("the daemon runs {} containers", daemon.os);
        findings.push(Finding::other(
            Severity::Bad,
            what,
            "switch it to Linux containers",
        ));
    }
    if daemon.rootless {
        findings.push(Finding::other(
            Severity::Risky,
            "the daemon runs without root; nodes need cpu, memory and pids delegated".to_owned(),
            "systemctl edit user@.service, then under [Service] Delegate=yes",
        ));
    }
    if daemon.cgroup == "1" {
        findings.push(Finding::other(
            Severity::Risky,
            "the host has cgroup v1; Kubernetes beyond 1.34 needs failCgroupV1: false, which isthmus sets".to_owned(),
            "nothing for now; boot with systemd.unified_cgroup_hierarchy=1 when you can",
        ));
    }
    findings
}

fn memory(need: &Need, host: &Host) -> Option<Finding> {
    // A daemon on another machine says only how much there is in all.
    let has = host.memory.unwrap_or(host.daemon.memory);
    Some(enough(
        "memory",
        need.memory,
        has,
        Severity::Bad,
        "free memory, bring up fewer clusters at once, or set DOCKER_HOST to a larger machine",
    ))
}

fn disk(need: &Need, host: &Host) -> Option<Finding> {
    Some(enough(
        "disk below Docker's root",
        need.disk,
        host.disk?,
        Severity::Bad,
        "isthmus gc; docker system prune --volumes (nodes never evict: a full disk looks like random failures)",
    ))
}

fn enough(what: &str, need: u64, has: u64, severity: Severity, remedy: &str) -> Finding {
    let gib = |bytes: u64| format!("{:.1} GiB", bytes as f64 / f64::from(1 << 30));
    let said = format!("{what}: {} are needed, {} are free", gib(need), gib(has));
    match has >= need {
        true => Finding::good(said),
        false => Finding::other(severity, said, remedy),
    }
}

fn watchers(need: &Need, host: &Host) -> Option<Finding> {
    let has = host.watchers?;
    let said = format!(
        "fs.inotify.max_user_instances is {has}; {} nodes need up to {}",
        need.nodes, need.watchers
    );
    // A node at rest has a few, a busy one many: below an eighth nothing comes up.
    let severity = match has {
        has if has >= need.watchers => return Some(Finding::good(said)),
        has if has >= need.watchers / 8 => Severity::Risky,
        _ => Severity::Bad,
    };
    let remedy = "sysctl -w fs.inotify.max_user_instances=8192 fs.inotify.max_user_watches=1048576";
    Some(Finding::other(severity, said, remedy))
}

fn files(need: &Need, host: &Host) -> Option<Finding> {
    let has = host.files?;
    let said = format!(
        "a process may hold {has} files open, {} are needed",
        need.files
    );
    Some(match has >= need.files {
        true => Finding::good(said),
        false => Finding::other(Severity::Risky, said, "ulimit -Hn 65536"),
    })
}

fn overlay(host: &Host) -> Option<Finding> {
    Some(match host.overlay? {
        true => Finding::good("the kernel has overlay file systems"),
        false => Finding::other(
            Severity::Bad,
            "the kernel has no overlay file systems, and nodes cannot load the module".to_owned(),
            "modprobe overlay",
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host() -> Host {
        Host {
            daemon: Daemon {
                version: "27.0".to_owned(),
                api: "1.46".to_owned(),
                os: "linux".to_owned(),
                cgroup: "2".to_owned(),
                root: "/var/lib/docker".to_owned(),
                memory: 64 << 30,
                rootless: false,
            },
            memory: Some(32 << 30),
            disk: Some(64 << 30),
            watchers: Some(8192),
            files: Some(65_536),
            overlay: Some(true),
        }
    }

    /// The worst finding on a host that was changed, and what it says.
    fn worst(change: impl FnOnce(&mut Host)) -> Finding {
        let mut host = host();
        change(&mut host);
        let mut findings = all(&Need::smallest(), &host);
        findings.sort_by_key(|finding| finding.severity);
        findings.pop().unwrap()
    }

    #[test]
    fn a_good_host_has_nothing_to_mend() {
        let findings = all(&Need::smallest(), &host());
        assert!(
            findings
                .iter()
                .all(|one| one.severity == Severity::Good && one.remedy.is_none())
        );
    }

    #[test]
    fn every_gap_is_named_with_what_mends_it() {
        type Case = (fn(&mut Host), Severity, &'static str, &'static str);
        let cases: [Case; 8] = [
            (
                |host| host.memory = Some(1 << 20),
                Severity::Bad,
                "memory",
                "fewer clusters",
            ),
            (
                |host| host.disk = Some(1 << 20),
                Severity::Bad,
                "disk",
                "prune",
            ),
            (
                |host| host.watchers = Some(4),
                Severity::Bad,
                "inotify",
                "sysctl -w",
            ),
            (
                |host| host.watchers = Some(64),
                Severity::Risky,
                "inotify",
                "sysctl -w",
            ),
            (
                |host| host.files = Some(1024),
                Severity::Risky,
                "files",
                "ulimit",
            ),
            (
                |host| host.overlay = Some(false),
                Severity::Bad,
                "overlay",
                "modprobe",
            ),
            (
                |host| host.daemon.api = "1.40".to_owned(),
                Severity::Bad,
                "1.40",
                "20.10",
            ),
            (
                |host| host.daemon.os = "windows".to_owned(),
                Severity::Bad,
                "windows",
                "Linux",
            ),
        ];
        for (change, severity, what, remedy) in cases {
            let finding = worst(change);
            assert_eq!(finding.severity, severity, "{finding:?}");
            assert!(finding.what.contains(what), "{finding:?}");
            assert!(finding.remedy.unwrap().contains(remedy));
        }
    }

    #[test]
    fn what_a_container_has_shown_is_told_with_what_mends_it() {
        let all = of(Attempt::Lacks(Vec::new()));
        assert!(all.iter().all(|one| one.severity == Severity::Good));
        let lacking = of(Attempt::Lacks(vec![
            "xt_mark".to_owned(),
            "veth".to_owned(),
        ]));
        let remedy = lacking[1].remedy.as_deref();
        assert_eq!(remedy, Some("modprobe -a xt_mark veth"));
        let refused = of(Attempt::Refused("unable to apply caps".to_owned()));
        assert_eq!(refused[0].severity, Severity::Bad);
        assert!(refused[0].what.contains("unable to apply caps"));
    }

    #[test]
    fn what_cannot_be_seen_from_here_is_not_guessed() {
        let far = Host {
            daemon: host().daemon,
            ..Host::default()
        };
        let findings = all(&Need::smallest(), &far);
        assert!(!findings.iter().any(|one| one.what.contains("disk")));
        assert!(findings.iter().any(|one| one.what.contains("memory")));
    }
}
