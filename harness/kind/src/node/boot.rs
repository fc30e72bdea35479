//! From a started container to a node that takes commands.

use std::time::Duration;

use crate::{Error, Result, docker::Docker};

/// What a node prints once systemd has taken over; on cgroup v1 the entrypoint's own line is enough.
const TAKEN_OVER: [&str; 2] = ["Multi-User System", "detected cgroup v1"];

/// Waits until systemd has taken over.
///
/// A command that runs earlier would keep systemd from emptying the root control group, and the
/// kubelet could not make its own; therefore the log is read.
pub(crate) async fn booted(docker: &Docker, id: &str) -> Result<()> {
    docker.logged(id, &TAKEN_OVER).await
}

/// The error for a node, by id and name, that did not get there in time, with the end of its log.
pub(crate) async fn late(
    docker: &Docker,
    (id, node): (&str, &str),
    awaited: &'static str,
    waited: Duration,
) -> Error {
    let log = docker.log_tail(id, 20).await;
    Error::NodeLate {
        node: node.to_owned(),
        awaited,
        waited,
        log: log.unwrap_or_else(|error| error.to_string()),
    }
}
