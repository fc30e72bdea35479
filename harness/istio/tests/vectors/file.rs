//! The vector file.

use std::path::PathBuf;

use serde::Deserialize;
use serde_json::Value;

/// A file of vectors, as far as it is read.
#[derive(Deserialize)]
pub(crate) struct VectorFile {
    /// Which form the file has.
    format: String,
    /// Objects that several vectors share.
    #[serde(default)]
    pub(crate) fixtures: Value,
    /// The facts.
    pub(crate) vectors: Vec<Vector>,
}

/// One fact: for this input, Istio's test asserts this.
#[derive(Deserialize)]
pub(crate) struct Vector {
    /// Its name in reports.
    pub(crate) id: String,
    /// Which rule it is about.
    pub(crate) area: String,
    /// What the rule is given.
    pub(crate) input: Value,
    /// What must come out.
    pub(crate) expected: serde_json::Map<String, Value>,
}

/// The one form this test reads.
const FORMAT: &str = "istio-semantics-vectors/1";

impl VectorFile {
    /// Reads the file that `ISTHMUS_VECTORS` names, or else the one of this repository.
    pub(crate) fn load() -> Result<Self, String> {
        let path = std::env::var_os("ISTHMUS_VECTORS").map_or_else(default_path, PathBuf::from);
        let at = |why: String| format!("failed to read vectors from {}: {why}", path.display());
        let text = std::fs::read_to_string(&path).map_err(|e| at(e.to_string()))?;
        let file: Self = serde_json::from_str(&text).map_err(|e| at(e.to_string()))?;
        match file.format == FORMAT {
            true if file.vectors.is_empty() => Err(at("it holds no vector".to_owned())),
            true => Ok(file),
            false => Err(at(format!("its format is '{}', not {FORMAT}", file.format))),
        }
    }
}

fn default_path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/vectors/istio.json")
}
