//! Why clusters in Docker could not be had, and what to do about it.

use std::time::Duration;

/// The result of this room.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong on the way to a cluster; never a statement about a mesh.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No daemon answers.
    #[error(
        "no Docker daemon answers at {at}; start it, or say where it is with DOCKER_HOST (isthmus doctor tells more)"
    )]
    NoDaemon {
        /// Where it was looked for.
        at: String,
        /// What the client met.
        #[source]
        source: bollard::errors::Error,
    },
    /// A daemon is there but not for us.
    #[error(
        "the Docker daemon at {at} lets this user do nothing; join its group (sudo usermod -aG docker $USER, then log in again), or use a rootless daemon"
    )]
    Forbidden {
        /// Where it is.
        at: String,
        /// What the client met.
        #[source]
        source: bollard::errors::Error,
    },
    /// Somebody else has taken an address range in the meantime.
    #[error("{doing}: the range overlaps with another network of the Docker daemon; try again")]
    RangeTaken {
        /// What was going on.
        doing: String,
    },
    /// A container that is not ours has the name of one of ours.
    #[error("{doing}: another container has this name; choose another with --name, or remove it")]
    NameTaken {
        /// What was going on.
        doing: String,
    },
    /// The daemon refused or failed a request.
    #[error("{doing}: the Docker daemon answered {status}: {message}")]
    Daemon {
        /// What was going on.
        doing: String,
        /// The HTTP status.
        status: u16,
        /// The daemon's words.
        message: String,
    },
    /// The connection to the daemon failed on the way.
    #[error("{doing}: the connection to the Docker daemon failed")]
    Connection {
        /// What was going on.
        doing: String,
        /// What the client met.
        #[source]
        source: bollard::errors::Error,
    },
    /// The image is not in the daemon.
    #[error(
        "image {image} is not in the Docker daemon; pull it, load its archive, or build it with ci/images/build"
    )]
    NoImage {
        /// The image.
        image: String,
    },
    /// The image is made for another machine.
    #[error(
        "image {image} is for {image_architecture}, the Docker daemon runs {daemon_architecture}; take an image for {daemon_architecture}"
    )]
    Architecture {
        /// The image.
        image: String,
        /// What it is made for.
        image_architecture: String,
        /// What the daemon runs.
        daemon_architecture: String,
    },
    /// The topology has machines, and nobody said from what.
    #[error(
        "the topology has virtual machines, and no image is named for them; name one with a shell and curl: --machine-image or ISTHMUS_MACHINE_IMAGE"
    )]
    NoMachineImage,
    /// An image could not be had.
    #[error(
        "the Docker daemon could not pull image {image}: {why}; docker login if it is private, load its archive with --archive, or stay with what is there by --offline"
    )]
    NotPulled {
        /// The image.
        image: String,
        /// The registry's or the daemon's words.
        why: String,
    },
    /// An archive of images cannot be read in.
    #[error(
        "{path} is no archive of images: {why}; write it anew with docker save -o {path} IMAGE"
    )]
    Archive {
        /// The file.
        path: String,
        /// The system's or the daemon's words.
        why: String,
    },
    /// An image is not what it was when it was locked.
    #[error(
        "image {image} is {found}, the lock says {locked}; get the one that was locked, or lock it anew: isthmus images lock"
    )]
    NotLocked {
        /// The image.
        image: String,
        /// What it was.
        locked: String,
        /// What the daemon has.
        found: String,
    },
    /// A lock file is not there.
    #[error("{path} cannot be read; isthmus images lock -o {path} writes it")]
    NoLock {
        /// The file.
        path: String,
        /// What the system met.
        #[source]
        source: std::io::Error,
    },
    /// A lock file is not of the form expected.
    #[error("{path}:{line}: write an image and its id, as isthmus images lock does")]
    BadLock {
        /// The file.
        path: String,
        /// The line, from 1.
        line: usize,
    },
    /// The whole bring-up took too long.
    #[error(
        "the clusters were not up within {waited:?}; give them more time, or less to do at once (isthmus doctor)"
    )]
    Late {
        /// How long was granted.
        waited: Duration,
    },
    /// A command in a node failed.
    #[error("{command} in {node} ended with {code}: {output}")]
    Command {
        /// The node.
        node: String,
        /// The command line.
        command: String,
        /// The exit code.
        code: i64,
        /// The end of what it wrote.
        output: String,
    },
    /// A node never came up.
    #[error("{node} was awaited to {awaited} for {waited:?}; its log ends:\n{log}")]
    NodeLate {
        /// The node.
        node: String,
        /// What was awaited.
        awaited: &'static str,
        /// For how long.
        waited: Duration,
        /// The end of its log.
        log: String,
    },
    /// Every candidate for an address range is in use.
    #[error(
        "no free address range for {what} is left in {pool}; remove unused Docker networks (docker network prune) or isthmus' own (isthmus gc)"
    )]
    NoRange {
        /// For what.
        what: String,
        /// Where it was looked for.
        pool: ipnet::Ipv4Net,
    },
    /// The lock that keeps processes of this host apart cannot be had.
    #[error("failed to lock {path}; is its directory writable?")]
    Lock {
        /// The file.
        path: std::path::PathBuf,
        /// What the system met.
        #[source]
        source: std::io::Error,
    },
    /// A run of this name exists.
    #[error(
        "clusters of a run called {run} exist; choose another name, or remove them with isthmus down {run}"
    )]
    RunExists {
        /// The name.
        run: String,
    },
    /// No run of this name, or one that lacks what is asked for.
    #[error("{what}; isthmus ps shows what there is")]
    NotThere {
        /// What is not there.
        what: String,
    },
    /// A file the node should hold is not of the form expected.
    #[error("{what} of {node} is unusable: {why}")]
    Unusable {
        /// What was read.
        what: &'static str,
        /// From which node.
        node: String,
        /// What is wrong.
        why: String,
    },
    /// Kubernetes did not take what it was given, or not in time.
    #[error("{cluster}: {doing}")]
    Kubernetes {
        /// The cluster.
        cluster: String,
        /// What was going on.
        doing: String,
        /// What the API met.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Whose matter an error is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The host or its daemon lacks something; nothing can be made until it is mended.
    Host,
    /// What was asked for does not fit what is there.
    Asked,
    /// Clusters did not come up.
    BringUp,
}

impl Error {
    /// Whose matter it is.
    pub fn class(&self) -> Class {
        match self {
            Self::NoDaemon { .. }
            | Self::Forbidden { .. }
            | Self::RangeTaken { .. }
            | Self::NoImage { .. }
            | Self::NotPulled { .. }
            | Self::NotLocked { .. }
            | Self::Architecture { .. }
            | Self::NoRange { .. }
            | Self::Lock { .. } => Class::Host,
            Self::RunExists { .. }
            | Self::NameTaken { .. }
            | Self::NotThere { .. }
            | Self::NoMachineImage
            | Self::NoLock { .. }
            | Self::BadLock { .. }
            | Self::Archive { .. } => Class::Asked,
            Self::Daemon { .. }
            | Self::Connection { .. }
            | Self::Command { .. }
            | Self::NodeLate { .. }
            | Self::Late { .. }
            | Self::Unusable { .. }
            | Self::Kubernetes { .. } => Class::BringUp,
        }
    }
}

impl From<Error> for engine::Error {
    fn from(error: Error) -> Self {
        Self::Machinery {
            doing: "bring clusters up in Docker".to_owned(),
            source: Box::new(error),
        }
    }
}
