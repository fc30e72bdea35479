//! `isthmus up`, `down`, `ps`, `gc`, `kubeconfig`, `logs`, `shell`, `doctor`, `images`: clusters in Docker that
//! stay.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Subject;

/// `isthmus up`
#[derive(Debug, Args)]
pub struct Up {
    /// What to bring up.
    #[command(flatten)]
    pub subject: Subject,
    /// What the clusters are called on this host; drawn from the topology's name if left out.
    #[arg(long)]
    pub name: Option<String>,
    /// Until 'isthmus gc' may remove them, in hours.
    #[arg(long = "for", value_name = "HOURS", default_value_t = 8, value_parser = clap::value_parser!(i64).range(1..=720))]
    pub hours: i64,
    /// Take over clusters that were made from the same topology and images, if there are any.
    #[arg(long)]
    pub reuse: bool,
    /// How long to wait for clusters, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    pub patience: u64,
    /// From which images.
    #[command(flatten)]
    pub images: NodeImages,
}

/// The images of nodes.
#[derive(Debug, Args)]
pub struct NodeImages {
    /// A kindest/node-compatible image that the Docker daemon has.
    #[arg(long, env = "ISTHMUS_NODE_IMAGE", value_name = "IMAGE", default_value = kind::kind::NODE_IMAGE)]
    pub node_image: String,
    /// An image that every node gets, for pods; pulled once if the daemon lacks it. Repeat it for
    /// others.
    #[arg(long = "load", value_name = "IMAGE")]
    pub load: Vec<String>,
    /// An archive of docker save whose images every node gets; repeat it for others.
    #[arg(long = "archive", value_name = "FILE")]
    pub archives: Vec<PathBuf>,
    /// What virtual machines run on: an image with a shell and curl.
    #[arg(long, env = "ISTHMUS_MACHINE_IMAGE", value_name = "IMAGE")]
    pub machine_image: Option<String>,
    /// Nodes without privilege, for hosts where privileged containers cannot start.
    #[arg(long, env = "ISTHMUS_UNPRIVILEGED")]
    pub unprivileged: bool,
    /// Pull nothing: what the daemon lacks is an error.
    #[arg(long, env = "ISTHMUS_OFFLINE")]
    pub offline: bool,
    /// A file of 'isthmus images lock': an image that is another one by now is an error.
    #[arg(long = "images-lock", env = "ISTHMUS_IMAGES_LOCK", value_name = "FILE")]
    pub lock: Option<PathBuf>,
}

/// `isthmus images`
#[derive(Debug, Args)]
pub struct Images {
    /// What to do with them.
    #[command(subcommand)]
    pub verb: ImagesVerb,
}

/// What can be done with images.
#[derive(Debug, Subcommand)]
pub enum ImagesVerb {
    /// Shows every image that the clusters of a topology need, and whether the Docker daemon has it.
    List {
        /// The topology; of one small cluster if left out.
        #[arg(value_name = "FILE|NAME")]
        topology: Option<String>,
        /// From which images.
        #[command(flatten)]
        images: NodeImages,
    },
    /// Writes what every image is now to a file, for --images-lock.
    Lock {
        /// The topology; of one small cluster if left out.
        #[arg(value_name = "FILE|NAME")]
        topology: Option<String>,
        /// From which images.
        #[command(flatten)]
        images: NodeImages,
        /// Where to; standard output if left out.
        #[arg(long, short)]
        output: Option<PathBuf>,
    },
}

/// `isthmus down`
#[derive(Debug, Args)]
pub struct Down {
    /// The clusters' name, as 'isthmus ps' shows it.
    pub name: String,
}

/// `isthmus ps`
#[derive(Debug, Args)]
pub struct Ps {
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// `isthmus kubeconfig`
#[derive(Debug, Args)]
pub struct Kubeconfig {
    /// The clusters' name, as 'isthmus ps' shows it.
    pub name: String,
    /// This cluster only.
    #[arg(long)]
    pub cluster: Option<String>,
    /// Where to; standard output if left out. Your ~/.kube/config is never touched.
    #[arg(long, short)]
    pub output: Option<PathBuf>,
}

/// `isthmus logs`
#[derive(Debug, Args)]
pub struct Logs {
    /// The clusters' name, as 'isthmus ps' shows it.
    pub name: String,
    /// The directory to write to; made if it is not there.
    #[arg(long, short)]
    pub output: PathBuf,
}

/// `isthmus shell`
#[derive(Debug, Args)]
pub struct Shell {
    /// The clusters' name, as 'isthmus ps' shows it.
    pub name: String,
    /// The cluster that is current; the first if left out.
    #[arg(long)]
    pub cluster: Option<String>,
    /// What to run in place of your shell.
    #[arg(last = true)]
    pub command: Vec<String>,
}

/// `isthmus doctor`
#[derive(Debug, Args)]
pub struct Doctor {
    /// The topology whose needs are compared with what the host has; one small cluster if left out.
    #[arg(long, value_name = "FILE|NAME")]
    pub topology: Option<String>,
    /// From which images.
    #[command(flatten)]
    pub images: NodeImages,
}
