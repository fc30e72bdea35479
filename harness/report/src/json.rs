//! The record of a run as JSON.

use crate::{
    Run,
    record::{Report, Timings},
};

/// Renders a run as indented JSON with a final line break: the same bytes for the same file and
/// seed.
///
/// # Errors
/// Never for a [`Run`]; the signature leaves it to the caller to say so.
pub fn render(run: &Run) -> Result<String, serde_json::Error> {
    rendered(run, Timings::Virtual)
}

/// The same with wall times, which differ from run to run.
///
/// # Errors
/// As [`render`].
pub fn render_with_timings(run: &Run) -> Result<String, serde_json::Error> {
    rendered(run, Timings::WithWall)
}

fn rendered(run: &Run, timings: Timings) -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string_pretty(&Report::of(run, timings))?;
    text.push('\n');
    Ok(text)
}
