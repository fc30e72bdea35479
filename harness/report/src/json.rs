//! The record of a run: the same bytes for the same file and seed.

use crate::Run;

/// Renders a run as indented JSON with a final line break.
///
/// # Errors
/// Never for a [`Run`]; the signature leaves it to the caller to say so.
pub fn render(run: &Run) -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string_pretty(run)?;
    text.push('\n');
    Ok(text)
}
