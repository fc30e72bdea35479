//! How a rehearsal is shown while it goes on: live on a terminal, in plain lines elsewhere.
//!
//! Nothing here changes what a rehearsal comes to.

mod lines;
mod live;
pub mod notes;

use std::io::IsTerminal as _;

pub use lines::Lines;
pub use live::Live;

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// Lines that move, on a terminal.
    Live,
    /// A line per trial and a heartbeat, for logs.
    Plain,
}

impl Look {
    /// What suits standard error: live on a terminal that can, unless a CI system says that it is
    /// one.
    pub fn of_standard_error() -> Self {
        let is_ci = std::env::var_os("CI").is_some_and(|ci| !ci.is_empty() && ci != "false");
        let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        match std::io::stderr().is_terminal() && !is_ci && !is_dumb {
            true => Self::Live,
            false => Self::Plain,
        }
    }
}
