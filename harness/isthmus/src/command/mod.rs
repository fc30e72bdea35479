//! What each word of the command line does. Output goes where it is told to, so that tests can
//! read it; nothing here ends the process.

mod graph;
mod init;
mod life;
mod lint;
mod list;
mod plan;
mod record;
mod schema;
mod subject;
mod test;
mod validate;
mod why;

use std::io::{self, Write};

use crate::{
    Exit,
    cli::{Cli, Command},
    console::Look,
    engines::{EngineError, EngineName},
    question::QuestionError,
    recordings::RecordingsError,
    rehearsal::Stop,
};

/// Where a command speaks, and how it hears that it is to stop.
pub struct Terminal<'a> {
    /// What was asked for.
    pub out: &'a mut dyn Write,
    /// Everything else.
    pub err: &'a mut dyn Write,
    /// How progress is shown.
    pub look: Look,
    /// The wish to stop.
    pub stop: &'a Stop,
}

/// Why a command could not be carried out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// A file is wrong.
    #[error("{0}")]
    Problems(#[from] scenario::Problems),
    /// A name that is neither a file nor in the catalogue.
    #[error(
        "there is no file and no topology or scenario of the catalogue called '{name}'; {remedy}"
    )]
    Unknown {
        /// What was written.
        name: String,
        /// What to write.
        remedy: String,
    },
    /// An object cannot be rendered.
    #[error("failed to plan: {0}")]
    Manifest(#[from] manifest::ManifestError),
    /// A file that is to be written exists.
    #[error("{path} exists already; choose another directory or remove it")]
    Exists {
        /// The file.
        path: String,
    },
    /// A file cannot be written.
    #[error("{path} cannot be written: {source}")]
    Unwritable {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file or directory cannot be read.
    #[error("{path} cannot be read: {source}")]
    Unreadable {
        /// The file or directory.
        path: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A rule that there is not.
    #[error("there is no rule '{written}'; {remedy}")]
    NoSuchRule {
        /// What was written.
        written: String,
        /// What to write.
        remedy: String,
    },
    /// An engine is not there.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Clusters are to be kept that end with the run.
    #[error(
        "--keep: the clusters of '{0}' end with the run; 'isthmus up' brings clusters up that stay"
    )]
    NothingToKeep(EngineName),
    /// More clusters would be kept than anybody looks at, each with its memory.
    #[error(
        "--keep: {0} trials are selected, and one can be kept; name it with --filter and --exact (--list shows the names)"
    )]
    TooManyToKeep(usize),
    /// A question cannot be asked of a scenario.
    #[error(transparent)]
    Question(#[from] QuestionError),
    /// A step, canary or cell that the scenario has not got.
    #[error("the scenario has no {what} '{written}'; {remedy}")]
    NotInScenario {
        /// For example `step`.
        what: &'static str,
        /// What was written.
        written: String,
        /// What to write.
        remedy: String,
    },
    /// The engine has not got what the scenario needs.
    #[error("the scenario cannot be brought up: {0}")]
    NotOnThisEngine(String),
    /// Clusters or a mesh did not get so far that something could be asked.
    #[error("nothing could be asked: {0}")]
    NotExplained(#[from] runner::Error),
    /// Clusters in Docker could not be had.
    #[error(transparent)]
    Docker(#[from] kind::Error),
    /// A program that is to work with clusters does not start.
    #[error("{program} cannot be started: {source}")]
    NotStarted {
        /// The program.
        program: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A recording cannot be made or compared.
    #[error(transparent)]
    Recordings(#[from] RecordingsError),
    /// Somebody wished to stop.
    #[error("interrupted")]
    Interrupted,
    /// The output was closed or is full.
    #[error("the output cannot be written: {0}")]
    Output(#[from] io::Error),
}

/// Carries a command out.
pub fn run(cli: &Cli, terminal: &mut Terminal<'_>) -> Exit {
    let out: &mut dyn Write = &mut *terminal.out;
    let done = match &cli.command {
        Command::Test(args) => test::run(args, terminal),
        Command::Why(args) => why::run(args, terminal),
        Command::Record(args) => record::run(args, out),
        Command::Validate(args) => validate::run(args, out, terminal.err),
        Command::Lint(args) => lint::run(args, out, terminal.err),
        Command::Schema(args) => schema::run(args, out),
        Command::List(args) => list::run(args, out),
        Command::Plan(args) => plan::run(args, out),
        Command::Graph(args) => graph::run(args, out),
        Command::Init(args) => init::run(args, out),
        Command::Up(args) => life::up(args, terminal),
        Command::Down(args) => life::down(args, out),
        Command::Ps(args) => life::ps(args, out),
        Command::Gc => life::gc(out),
        Command::Kubeconfig(args) => life::kubeconfig(args, out),
        Command::Logs(args) => life::logs(args, out),
        Command::Shell(args) => life::shell(args),
        Command::Doctor(args) => life::doctor(args, out),
        Command::Images(args) => life::images(args, out),
    };
    done.unwrap_or_else(|error| told(&error, terminal.err))
}

/// A reader that has closed the pipe has seen enough; everything else is said.
fn told(error: &CommandError, err: &mut dyn Write) -> Exit {
    if matches!(error, CommandError::Output(error) if error.kind() == io::ErrorKind::BrokenPipe) {
        return Exit::Done;
    }
    // There is nowhere left to say that this failed.
    let _ = writeln!(err, "{}", engine::told(error));
    error.exit()
}

impl CommandError {
    /// How the command ends because of it.
    fn exit(&self) -> Exit {
        match self {
            Self::Engine(
                EngineError::Docker(_) | EngineError::Unfit { .. } | EngineError::NoKubeconfig,
            )
            | Self::NotOnThisEngine(_) => Exit::Environment,
            Self::NotExplained(_) => Exit::BringUp,
            Self::Docker(error) => match error.class() {
                kind::Class::Host => Exit::Environment,
                kind::Class::Asked => Exit::Usage,
                kind::Class::BringUp => Exit::BringUp,
            },
            Self::Interrupted => Exit::Interrupted,
            Self::Engine(
                EngineError::Unknown { .. } | EngineError::Values { .. } | EngineError::Existing(_),
            )
            | Self::Problems(_)
            | Self::Unknown { .. }
            | Self::Manifest(_)
            | Self::Exists { .. }
            | Self::Unwritable { .. }
            | Self::NotStarted { .. }
            | Self::NothingToKeep(_)
            | Self::TooManyToKeep(_)
            | Self::Question(_)
            | Self::Recordings(_)
            | Self::NotInScenario { .. }
            | Self::Unreadable { .. }
            | Self::NoSuchRule { .. }
            | Self::Output(_) => Exit::Usage,
        }
    }
}
