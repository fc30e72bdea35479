//! What each word of the command line does. Output goes where it is told to, so that tests can
//! read it; nothing here ends the process.

mod graph;
mod init;
mod list;
mod plan;
mod schema;
mod subject;
mod validate;

use std::io::{self, Write};

use crate::{
    Exit,
    cli::{Cli, Command},
};

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
    /// The output was closed or is full.
    #[error("the output cannot be written: {0}")]
    Output(#[from] io::Error),
}

/// Carries a command out.
pub fn run(cli: &Cli, out: &mut dyn Write, err: &mut dyn Write) -> Exit {
    let done = match &cli.command {
        Command::Validate(args) => validate::run(args, out, err),
        Command::Schema(args) => schema::run(args, out),
        Command::List(args) => list::run(args, out),
        Command::Plan(args) => plan::run(args, out),
        Command::Graph(args) => graph::run(args, out),
        Command::Init(args) => init::run(args, out),
    };
    done.unwrap_or_else(|error| told(&error, err))
}

/// A reader that has closed the pipe has seen enough; everything else is said.
fn told(error: &CommandError, err: &mut dyn Write) -> Exit {
    match error {
        CommandError::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Done,
        error => {
            // There is nowhere left to say that this failed.
            let _ = writeln!(err, "{error}");
            Exit::Usage
        }
    }
}
