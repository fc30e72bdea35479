//! `isthmus why`

use std::path::PathBuf;

use clap::Args;

use crate::{
    engines::{EngineName, Setup},
    question,
};

/// Brings the clusters of a scenario up, takes its steps as far as asked, makes one call, and tells
/// its path: DNS, listener or route, endpoints of every cluster with the reason for each one left
/// out, gateways, identities, policies, each with the rule that decided it.
#[derive(Debug, Args)]
pub struct Why {
    /// Which call.
    #[command(flatten)]
    pub asked: Asked,
    /// After which step, by number or name; once the installation has settled if left out.
    #[arg(long, value_name = "STEP")]
    pub after: Option<String>,
    /// With this canary's violation in place.
    #[arg(long, value_name = "NAME")]
    pub canary: Option<String>,
    /// In this cell of the scenario's matrix: istio=1.30.3; repeat it for other axes.
    #[arg(long, value_name = "AXIS=VALUE")]
    pub cell: Vec<String>,
    /// What to run on; ISTHMUS_ENGINE says it where this is left out.
    #[arg(long, value_enum)]
    pub engine: Option<EngineName>,
    /// What this host adds to it.
    #[command(flatten)]
    pub setup: Setup,
    /// The seed of everything that is drawn.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Files and directories with topologies that the scenario refers to by name.
    #[arg(long, value_name = "PATH")]
    pub library: Vec<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    /// A scenario or topology: a file, a row of the catalogue, or a name in it.
    #[arg(value_name = "FILE|ROW|NAME")]
    pub subject: String,
}

/// Which call.
#[derive(Debug, Args)]
pub struct Asked {
    /// Who calls: WORKLOAD@CLUSTER, vm:NAME or outside.
    #[arg(long, value_name = "CLIENT")]
    pub from: String,
    /// What is called: HOST:PORT, gateway:NAME@CLUSTER:PORT or pod:WORKLOAD@CLUSTER:PORT.
    #[arg(long, value_name = "TARGET")]
    pub to: String,
    /// The HTTP method.
    #[arg(long, default_value = "GET")]
    pub method: String,
    /// The HTTP path.
    #[arg(long, default_value = question::PATH)]
    pub path: String,
    /// A header of the request; repeat it for others.
    #[arg(long, value_name = "NAME=VALUE")]
    pub header: Vec<String>,
    /// Open a TCP connection and speak no HTTP.
    #[arg(long)]
    pub tcp: bool,
}
