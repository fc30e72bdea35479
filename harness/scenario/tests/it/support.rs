//! What the tests share.

use std::{
    fs,
    path::{Path, PathBuf},
};

use scenario::{Disk, Library, Problem, catalogue};

/// The topologies of the catalogue.
pub(crate) fn library() -> Library {
    catalogue::library()
}

/// The root of the repository.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Writes bytes into a file of a fresh directory, reads them and gives the problems.
pub(crate) fn problems_of(bytes: &[u8]) -> Vec<Problem> {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file.yaml");
    fs::write(&file, bytes).unwrap();
    match library().read(&Disk, &file) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.into_vec(),
    }
}

/// A problem as `line:column path: message | remedy`.
pub(crate) fn line(problem: &Problem) -> String {
    let Problem {
        at,
        path,
        message,
        remedy,
        ..
    } = problem;
    format!("{at} {path}: {message} | {remedy}")
}

/// The problems of a text, one line each.
#[track_caller]
pub(crate) fn lines_of(text: &str) -> Vec<String> {
    problems_of(text.as_bytes()).iter().map(line).collect()
}

/// A scenario on one cluster with these steps; the first step is in line 11.
pub(crate) fn scenario(steps: &str) -> String {
    format!(
        "apiVersion: isthmus/v1alpha1
kind: Scenario
metadata: {{name: test}}
spec:
  proves: [{{promise: it works, link: https://istio.io/}}]
  topology: multi-network-multi-primary
  workloads:
    sleep: {{in: [cluster1, cluster2]}}
    helloworld: {{in: {{cluster1: v1, cluster2: v2}}}}
  steps:
{steps}"
    )
}

/// A topology with this specification; its first line is line 6.
pub(crate) fn topology(spec: &str) -> String {
    format!(
        "apiVersion: isthmus/v1alpha1
kind: Topology
metadata: {{name: test}}
spec:
  istio: {{version: 1.30.3}}
{spec}"
    )
}
