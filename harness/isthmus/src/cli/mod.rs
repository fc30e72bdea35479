//! What people type.

mod life;
mod lint;
mod record;
mod test;
mod why;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use life::{Doctor, Down, Images, ImagesVerb, Kubeconfig, Logs, NodeImages, Ps, Shell, Up};
pub use lint::{Deny, Lint, LintFormat, Subject as LintSubject};
pub use record::Record;
pub use test::{Format, Reports, Selected, Test};
pub use why::{Asked, Why};

/// Rehearse multi-cluster Istio meshes: one scenario file, simulated or real, one verdict.
#[derive(Debug, Parser)]
#[command(
    name = "isthmus",
    version,
    max_term_width = 100,
    arg_required_else_help = true
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run scenarios and their canaries, and judge them.
    Test(Box<Test>),
    /// Explain one call: its path, station by station, and the rule behind each.
    Why(Box<Why>),
    /// Keep what runs on real clusters observed, and compare the simulator with it.
    Record(Record),
    /// Check topology and scenario files; every problem is shown with file, line, column and remedy.
    Validate(Validate),
    /// Look at topologies, scenarios and manifests for what is known to break meshes.
    Lint(Lint),
    /// Print the JSON schema of a kind of file, for editors.
    Schema(Schema),
    /// List scenarios with what they check.
    List(List),
    /// Show what an installation would do: roles, addresses, stages, objects and images.
    Plan(Subject),
    /// Draw a topology: clusters in networks, control-plane and trust relations, gateways, VMs.
    Graph(Graph),
    /// Write a first topology and scenario into a directory.
    Init(Init),
    /// Bring the clusters of a topology up in Docker, and let them stay.
    Up(Up),
    /// Remove clusters that 'up' made.
    Down(Down),
    /// Show what stands in Docker, whose it is, and until when.
    Ps(Ps),
    /// Remove what nobody needs any more: runs that were killed, clusters whose time is over.
    Gc,
    /// Print the way to clusters that stand, for kubectl and its like.
    Kubeconfig(Kubeconfig),
    /// Write what every node has logged into a directory.
    Logs(Logs),
    /// Start your shell, with KUBECONFIG set to clusters that stand.
    Shell(Shell),
    /// Say whether this host can have the clusters of a topology, and what mends what it lacks.
    Doctor(Doctor),
    /// Show or lock the images that clusters are made from.
    Images(Images),
}

impl Command {
    /// Whether something may stand that is to be taken down where somebody presses Ctrl-C. The
    /// others just end.
    pub fn takes_down(&self) -> bool {
        matches!(self, Self::Test(_) | Self::Why(_) | Self::Up(_))
    }
}

/// `isthmus validate`
#[derive(Debug, Args)]
pub struct Validate {
    /// Files and directories; in directories every *.yaml that is isthmus' own.
    #[arg(required = true)]
    pub paths: Vec<PathBuf>,
    /// Print the problems as JSON.
    #[arg(long)]
    pub json: bool,
}

/// `isthmus schema`
#[derive(Debug, Args)]
pub struct Schema {
    /// The kind of file.
    pub kind: SchemaKind,
}

/// A kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SchemaKind {
    /// What exists and how it is meshed.
    Topology,
    /// What must hold.
    Scenario,
    /// What came of a run: what `isthmus test --format json` prints.
    Report,
}

/// `isthmus list`
#[derive(Debug, Args)]
pub struct List {
    /// Files and directories; the catalogue if there are none.
    pub paths: Vec<PathBuf>,
    /// The catalogue, in addition to the paths.
    #[arg(long)]
    pub catalogue: bool,
    /// Only scenarios of this area.
    #[arg(long)]
    pub area: Option<String>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// A topology: of a file, or by its name in the catalogue.
#[derive(Debug, Args)]
pub struct Subject {
    /// A topology or scenario file, or a name in the catalogue.
    #[arg(value_name = "FILE|NAME")]
    pub subject: String,
}

/// `isthmus graph`
#[derive(Debug, Args)]
pub struct Graph {
    /// What to draw.
    #[command(flatten)]
    pub subject: Subject,
    /// How to draw it.
    #[arg(long, value_enum, default_value_t = GraphFormat::Mermaid)]
    pub format: GraphFormat,
    /// Where to; standard output if left out.
    #[arg(long, short)]
    pub output: Option<PathBuf>,
}

/// How a topology is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum GraphFormat {
    /// Text that Git hosts and wikis draw.
    Mermaid,
    /// A picture.
    Svg,
}

/// `isthmus init`
#[derive(Debug, Args)]
pub struct Init {
    /// Where to; made if it is not there. Nothing that exists is overwritten.
    #[arg(default_value = ".")]
    pub directory: PathBuf,
}
