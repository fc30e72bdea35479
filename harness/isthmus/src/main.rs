//! The command line.

use std::process::ExitCode;

use clap::Parser as _;
use isthmus::cli::Cli;

fn main() -> ExitCode {
    let cli = Cli::parse();
    isthmus::command::run(
        &cli,
        &mut std::io::stdout().lock(),
        &mut std::io::stderr().lock(),
    )
    .into()
}
