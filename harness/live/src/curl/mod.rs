//! What curl is told and what it says: pure text on both sides.
//!
//! Reading order: [`script`] (what it is told), [`report`] (what it says of calls), `answer` (what
//! answers say of themselves).

mod answer;
pub(crate) mod report;
pub(crate) mod script;

/// Stands between the body of an answer and what curl says of the transfer; no sample writes it.
const MARK: &str = "@isthmus ";

/// Ends the report of a call that was started by number; the number follows.
const DONE: &str = "@isthmus-done ";

/// Says that calls which were started together have ended; their numbers follow.
const END: &str = "@isthmus-end ";

/// What curl says of a transfer; read by `report`. The exit codes need curl 7.75.
const SAID: &str = "%{exitcode} %{http_code} %{time_total} %{time_namelookup}";

/// Why curl's output could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CurlError {
    /// Fewer reports than calls.
    #[error(
        "{calls} calls were made but {reports} were reported; is there curl 7.75 or newer in the image?"
    )]
    Count {
        /// How many calls.
        calls: usize,
        /// How many reports.
        reports: usize,
    },
    /// A report that is not of the form asked for.
    #[error("'{0}' is no report of curl")]
    Report(String),
}
