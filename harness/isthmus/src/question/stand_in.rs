//! A scenario for a topology that has none: the sample client and the sample server in every
//! cluster, so that something can call and something can answer.

use std::path::{Path, PathBuf};

use scenario::{Disk, Files, Problems, Scenario, catalogue, yaml::ReadError};

/// The scenario; `{topology}` is filled in.
const TEXT: &str = "\
apiVersion: isthmus/v1alpha1
kind: Scenario
metadata: {name: why, description: The sample client and the sample server in every cluster}
spec:
  proves:
    - {promise: nothing but what is asked, link: 'https://istio.io/latest/docs/setup/install/multicluster/verify/'}
  topology: {topology}
  workloads:
    sleep: {in: all}
    helloworld: {in: all}
  steps:
    - check: {name: asked, reachable: {from: 'sleep@*', to: 'helloworld.sample:5000'}}
";

/// Files with one among them that exists nowhere.
struct With<'a> {
    files: &'a dyn Files,
    path: PathBuf,
    text: String,
}

impl Files for With<'_> {
    fn read(&self, path: &Path, limit: u64) -> Result<String, ReadError> {
        match path == self.path {
            true => Ok(self.text.clone()),
            false => self.files.read(path, limit),
        }
    }
}

/// The stand-in for a topology: of a file, or by its name in the catalogue.
///
/// # Errors
/// Every problem of the topology's file, or that the samples find no place in it.
pub fn stand_in(topology: &str) -> Result<Vec<Scenario>, Problems> {
    let path = Path::new(topology);
    let base = path.parent().unwrap_or(Path::new(""));
    let name = match path.exists() {
        true => path
            .file_name()
            .map(|name| format!("./{}", name.to_string_lossy())),
        false => None,
    };
    let written = serde_json::Value::String(name.unwrap_or_else(|| topology.to_owned()));
    let with = With {
        files: &Disk,
        path: base.join("isthmus-why.yaml"),
        text: TEXT.replace("{topology}", &written.to_string()),
    };
    catalogue::library().scenario(&with, &with.path)
}
