//! From values to text.

use serde::Serialize;

/// Writes a value as YAML.
///
/// # Errors
/// If the value has a shape that YAML cannot hold, such as a mapping with a list as its key.
pub fn to_string(value: &impl Serialize) -> Result<String, serde_yaml::Error> {
    serde_yaml::to_string(value)
}
