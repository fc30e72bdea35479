//! Whether this host can have the clusters of a topology, said before anything is made: what they
//! need, what the host has, and for each gap the command that mends it.

mod attempt;
mod finding;
mod host;
mod need;

use std::path::Path;

use world::Substrate;

pub use finding::{Finding, Severity};

pub(crate) use self::host::Daemon;
use self::{host::Host, need::Need};
use crate::{Error, Images, Pull, Result, docker::Docker, range};

/// Examines the host of the daemon that `DOCKER_HOST` names for the clusters of `substrate`, or for
/// one small cluster.
pub async fn examine(substrate: Option<&Substrate>, images: &Images) -> Vec<Finding> {
    found(Docker::connect().await, substrate, images).await
}

/// The same, and tries what only a container can show: privileges and modules of the kernel. That takes
/// a second, and makes a container that is gone afterwards.
pub async fn examine_and_try(substrate: Option<&Substrate>, images: &Images) -> Vec<Finding> {
    let docker = Docker::connect().await;
    let trying = docker.as_ref().ok().cloned();
    let mut findings = found(docker, substrate, images).await;
    if let Some(docker) = trying
        && docker.usable(&images.node).await.is_ok()
    {
        findings.extend(finding::of(attempt::attempt(&docker, images).await));
    }
    findings
}

/// The same for the daemon behind a Unix socket.
pub async fn examine_at(
    socket: &Path,
    substrate: Option<&Substrate>,
    images: &Images,
) -> Vec<Finding> {
    found(Docker::connect_at(socket).await, substrate, images).await
}

async fn found(
    docker: Result<Docker>,
    substrate: Option<&Substrate>,
    images: &Images,
) -> Vec<Finding> {
    let need = substrate.map_or_else(Need::smallest, Need::of);
    let docker = match docker {
        Ok(docker) => docker,
        Err(error) => return vec![Finding::failed(&error, finding::DAEMON)],
    };
    let mut findings = match Host::look(&docker).await {
        Ok(host) => finding::all(&need, &host),
        Err(error) => return vec![Finding::failed(&error, finding::DAEMON)],
    };
    for image in images.all() {
        findings.push(match (docker.usable(image).await, images.pull) {
            (Ok(_), _) => Finding::good(format!("image {image} is there")),
            (Err(Error::NoImage { .. }), Pull::IfMissing) => finding::to_be_pulled(image),
            (Err(error), _) => Finding::failed(&error, finding::IMAGE),
        });
    }
    findings.push(ranges(&docker, &need).await);
    findings
}

/// Whether there are free ranges for every bridge.
async fn ranges(docker: &Docker, need: &Need) -> Finding {
    let routes = std::fs::read_to_string("/proc/net/route").unwrap_or_default();
    let free = docker.used_ranges().await.and_then(|mut used| {
        used.extend(range::routed(&routes));
        for _ in 0..need.bridges {
            used.push(range::free("a bridge", &used)?);
        }
        Ok(())
    });
    match free {
        Ok(()) => Finding::good(format!(
            "{} address ranges for bridges are free",
            need.bridges
        )),
        Err(error) => Finding::failed(&error, finding::RANGES),
    }
}
