//! Where recordings are kept: `<Istio's version>/<area>/<scenario>.json` below one directory.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use report::recording::{self, Recording};
use walkdir::WalkDir;

use super::{Accepted, RecordingsError};

/// The name of Istio's version among those of a recording.
pub const ISTIO: &str = "istio";

/// The file beside the versions that lists differences which are known.
const ACCEPTED: &str = "differences.yaml";

/// A directory of recordings.
#[derive(Debug, Clone)]
pub struct Shelf(PathBuf);

impl Shelf {
    /// Recordings below `directory`, which need not be there yet.
    pub fn at(directory: impl Into<PathBuf>) -> Self {
        Self(directory.into())
    }

    /// Takes a published report in, whose trials ran with these versions, of which one is `istio`. Returns
    /// what is known now of every scenario in it. A trial of which nothing can be said is not kept.
    ///
    /// # Errors
    /// If the report cannot be read, or a recording cannot be written.
    pub fn take_in(
        &self,
        report: &Path,
        versions: &BTreeMap<String, String>,
    ) -> Result<Vec<Recording>, RecordingsError> {
        let later = recording::of_report(&read(report)?, versions);
        let later = later.map_err(|source| RecordingsError::Report {
            path: report.display().to_string(),
            source,
        })?;
        let said = later.into_iter().filter_map(Recording::conclusive);
        said.map(|later| self.put(later)).collect()
    }

    fn put(&self, later: Recording) -> Result<Recording, RecordingsError> {
        let path = self.place(&later);
        let recording = match path.exists() {
            true => {
                let mut known = recording(&path)?;
                known.take_in(later);
                known
            }
            false => later,
        };
        let text =
            serde_json::to_string_pretty(&recording).expect("a recording has text keys only");
        write(&path, &(text + "\n"))?;
        Ok(recording)
    }

    fn place(&self, recording: &Recording) -> PathBuf {
        let version = recording.versions.get(ISTIO);
        let version = version.map_or("unknown", String::as_str);
        self.0
            .join(version)
            .join(format!("{}.json", recording.scenario))
    }

    /// Every recording, in the order of its path.
    ///
    /// # Errors
    /// The first that cannot be read.
    pub fn all(&self) -> Result<Vec<Recording>, RecordingsError> {
        files(&self.0)?.iter().map(|path| recording(path)).collect()
    }

    /// The differences that are known.
    ///
    /// # Errors
    /// If they are listed and cannot be read.
    pub fn accepted(&self) -> Result<Accepted, RecordingsError> {
        let path = self.0.join(ACCEPTED);
        match path.exists() {
            true => Accepted::read(&read(&path)?).map_err(|error| unreadable(&path, error)),
            false => Ok(Accepted::default()),
        }
    }
}

/// The JSON files below a directory, in the order of their paths.
fn files(directory: &Path) -> Result<Vec<PathBuf>, RecordingsError> {
    let mut found = Vec::new();
    for entry in WalkDir::new(directory).sort_by_file_name() {
        let entry = entry.map_err(|error| unreadable(directory, error))?;
        let named = entry.path().extension().is_some_and(|e| e == "json");
        if named && !entry.file_type().is_dir() {
            found.push(entry.into_path());
        }
    }
    Ok(found)
}

fn recording(path: &Path) -> Result<Recording, RecordingsError> {
    serde_json::from_str(&read(path)?).map_err(|error| unreadable(path, error))
}

fn read(path: &Path) -> Result<String, RecordingsError> {
    fs::read_to_string(path).map_err(|error| unreadable(path, error))
}

fn write(path: &Path, text: &str) -> Result<(), RecordingsError> {
    let directory = path.parent().unwrap_or(path);
    let written = fs::create_dir_all(directory).and_then(|()| fs::write(path, text));
    written.map_err(|error| RecordingsError::Unwritable {
        path: path.display().to_string(),
        why: error.to_string(),
    })
}

fn unreadable(path: &Path, why: impl ToString) -> RecordingsError {
    RecordingsError::Unreadable {
        path: path.display().to_string(),
        why: why.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = r#"{"trials": [{"name": "topology/a [kind]", "scenario": "topology/a",
        "outcome": "pass", "steps": []}]}"#;

    #[test]
    fn a_report_is_found_again_by_version_and_scenario() {
        let directory = tempfile::tempdir().unwrap();
        let report = directory.path().join("report");
        fs::write(&report, REPORT).unwrap();
        let shelf = Shelf::at(directory.path());
        let versions = [(ISTIO.to_owned(), "1.30.3".to_owned())].into();
        let taken = shelf.take_in(&report, &versions).unwrap();
        assert!(directory.path().join("1.30.3/topology/a.json").exists());
        assert_eq!(shelf.all().unwrap(), taken);
    }

    #[test]
    fn what_is_no_report_is_refused_by_its_path() {
        let directory = tempfile::tempdir().unwrap();
        let report = directory.path().join("report.json");
        fs::write(&report, "[]").unwrap();
        let refused = Shelf::at(directory.path()).take_in(&report, &BTreeMap::new());
        assert!(refused.unwrap_err().to_string().contains("report.json"));
    }
}
