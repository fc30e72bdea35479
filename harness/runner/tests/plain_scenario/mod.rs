//! Scenarios of plain Kubernetes, for every engine.

use std::path::Path;

use scenario::{Files, Library, Scenario, problem::Problems, yaml::ReadError};

/// Files that exist only here.
struct Here;

const FILES: [(&str, &str); 4] = [
    ("plain.yaml", include_str!("plain.yaml")),
    (
        "plain-under-traffic.yaml",
        include_str!("plain-under-traffic.yaml"),
    ),
    ("two-clusters.yaml", include_str!("two-clusters.yaml")),
    ("two-networks.yaml", include_str!("two-networks.yaml")),
];

impl Files for Here {
    fn read(&self, path: &Path, _: u64) -> Result<String, ReadError> {
        let found = FILES.iter().find(|(name, _)| Path::new(name) == path);
        found
            .map(|(_, text)| (*text).to_owned())
            .ok_or(ReadError::Missing)
    }
}

/// Every scenario.
pub(crate) fn all() -> Result<Vec<Scenario>, Problems> {
    let library = Library::new();
    let read = |(name, _): &(&str, &str)| library.scenario(&Here, Path::new(name));
    let scenarios: Result<Vec<_>, _> = FILES.iter().map(read).collect();
    Ok(scenarios?.into_iter().flatten().collect())
}
