//! The catalogue as tests: one per row, cell of its matrix and canary, on the engine of
//! `ISTHMUS_ENGINE`.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: isthmus::Allocator = isthmus::Allocator;

fn main() -> ExitCode {
    isthmus::suite::main(isthmus::trials::Source::catalogue())
}
