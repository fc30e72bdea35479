//! What the host and its daemon have. What cannot be seen from here (a daemon on another machine) is
//! `None`, never a guess.

use std::path::Path;

use crate::{Result, docker::Docker};

/// What a host has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Host {
    /// What the daemon says of itself.
    pub(super) daemon: Daemon,
    /// Bytes of memory that are free or can be freed.
    pub(super) memory: Option<u64>,
    /// Bytes that are free below Docker's root directory.
    pub(super) disk: Option<u64>,
    /// How many inotify instances a user may have.
    pub(super) watchers: Option<u64>,
    /// How many files a process may hold open, at most.
    pub(super) files: Option<u64>,
    /// Whether the kernel has overlay file systems.
    pub(super) overlay: Option<bool>,
}

/// What a daemon says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Daemon {
    /// Its version.
    pub(crate) version: String,
    /// The newest API it speaks, for example `1.41`.
    pub(crate) api: String,
    /// `linux` or not.
    pub(crate) os: String,
    /// `1` or `2`.
    pub(crate) cgroup: String,
    /// Where it keeps everything.
    pub(crate) root: String,
    /// Bytes of memory of its machine.
    pub(crate) memory: u64,
    /// Whether it runs without root.
    pub(crate) rootless: bool,
}

impl Host {
    /// Looks.
    pub(super) async fn look(docker: &Docker) -> Result<Self> {
        let daemon = docker.daemon().await?;
        // Docker's root is on this machine if it can be seen from here.
        if !Path::new(&daemon.root).exists() {
            return Ok(Self {
                daemon,
                ..Self::default()
            });
        }
        let read = |path| std::fs::read_to_string(path).ok();
        let disk = std::process::Command::new("df")
            .args(["-Pk", &daemon.root])
            .output();
        let disk = disk
            .ok()
            .and_then(|output| free_of(&String::from_utf8_lossy(&output.stdout)));
        Ok(Self {
            disk,
            memory: read("/proc/meminfo").and_then(|text| available(&text)),
            watchers: read("/proc/sys/fs/inotify/max_user_instances")
                .and_then(|text| text.trim().parse().ok()),
            files: read("/proc/self/limits").and_then(|text| hard_limit_of_files(&text)),
            overlay: read("/proc/filesystems").map(|text| text.contains("overlay")),
            daemon,
        })
    }
}

/// `MemAvailable` of `/proc/meminfo`, in bytes.
fn available(text: &str) -> Option<u64> {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
}

/// The fourth word of the second line of `df -Pk`, in bytes.
fn free_of(text: &str) -> Option<u64> {
    let line = text.lines().nth(1)?;
    Some(line.split_whitespace().nth(3)?.parse::<u64>().ok()? * 1024)
}

/// The hard limit in the line `Max open files` of `/proc/self/limits`.
fn hard_limit_of_files(text: &str) -> Option<u64> {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_in_bytes() {
        let meminfo = "MemTotal:       24000000 kB\nMemAvailable:   20000000 kB\n";
        assert_eq!(available(meminfo), Some(20_480_000_000));
        let df =
            "Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/vda 100 50 40 56% /\n";
        assert_eq!(free_of(df), Some(40_960));
        let limits =
            "Limit      Soft Limit  Hard Limit  Units\nMax open files   1024   20000   files\n";
        assert_eq!(hard_limit_of_files(limits), Some(20_000));
    }
}
