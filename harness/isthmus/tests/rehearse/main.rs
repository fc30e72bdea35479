//! Scenarios of plain Kubernetes through the command line: how a run ends, what is selected, what
//! is written. They take milliseconds; what meshes do is judged by `tests/scenarios.rs`.

mod endings;
mod interruption;
mod kit;
mod progress;
mod reports;
mod selection;
mod why;
