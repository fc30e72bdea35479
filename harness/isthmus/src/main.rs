//! The command line.

use std::process::ExitCode;

use clap::Parser as _;
use isthmus::{
    cli::Cli,
    command::{self, Terminal},
    console::{Look, notes},
    interrupt,
    rehearsal::Stop,
};

#[global_allocator]
static ALLOCATOR: isthmus::Allocator = isthmus::Allocator;

fn main() -> ExitCode {
    let cli = Cli::parse();
    notes::write();
    let stop = Stop::new();
    if cli.command.takes_down() {
        interrupt::listen(&stop);
    }
    // Not locked: a trial that panics says so on standard error from a thread of its own.
    let (mut out, mut err) = (std::io::stdout(), std::io::stderr());
    let mut terminal = Terminal {
        out: &mut out,
        err: &mut err,
        look: Look::of_standard_error(),
        stop: &stop,
    };
    command::run(&cli, &mut terminal).into()
}
