//! What is looked at: isthmus' own files and Kubernetes manifests.

mod manifests;
mod own;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use scenario::{
    Files, Library, Problems,
    yaml::{self, MAX_MANIFESTS, Node},
};
use world::ClusterName;

use crate::{Findings, RULES, finding::Notes, unit::Unit};

/// A file to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// The file.
    pub file: PathBuf,
    /// The cluster that its manifests are for, where somebody said it.
    pub cluster: Option<ClusterName>,
}

/// A file with what is in it.
struct Text<'a> {
    input: &'a Input,
    file: Arc<PathBuf>,
    documents: Vec<Arc<Node>>,
}

/// Looks at files: each topology and each scenario by itself, all manifests together. `library` has
/// the topologies that scenarios may name beyond those among `inputs`.
///
/// # Errors
/// Every problem of files that cannot be read or are not valid; nothing is said about those.
pub fn lint(files: &dyn Files, library: &Library, inputs: &[Input]) -> Result<Findings, Problems> {
    let mut problems = Vec::new();
    let mut texts = Vec::new();
    for input in inputs {
        match read(files, input) {
            Ok(text) => texts.push(text),
            Err(found) => problems.extend(found),
        }
    }
    let (ours, foreign): (Vec<_>, Vec<_>) = texts.into_iter().partition(own::is_ours);
    let mut units = own::units(files, library, &ours, &mut problems);
    units.extend(manifests::unit(&foreign));
    match Problems::new(problems) {
        Some(problems) => Err(problems),
        None => Ok(look(&units)),
    }
}

fn read<'a>(files: &dyn Files, input: &'a Input) -> Result<Text<'a>, Problems> {
    let text = files
        .read(&input.file, MAX_MANIFESTS)
        .map_err(|error| Problems::unreadable(&input.file, &error))?;
    let documents = yaml::parse(&text).map_err(|error| Problems::not_yaml(&input.file, &error))?;
    let documents = documents.into_iter().filter(|document| !document.is_null());
    Ok(Text {
        input,
        file: Arc::new(input.file.clone()),
        documents: documents.map(Arc::new).collect(),
    })
}

fn look(units: &[Unit]) -> Findings {
    let mut found = Vec::new();
    for unit in units {
        for rule in RULES {
            (rule.check)(unit, &mut Notes::of(rule, &mut found));
        }
    }
    Findings::new(found)
}

impl Text<'_> {
    fn path(&self) -> &Path {
        &self.input.file
    }
}
