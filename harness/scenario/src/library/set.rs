//! Many files at once: directories are walked, names must be unique, topologies are known to the
//! scenarios beside them.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
};

use walkdir::WalkDir;

use super::{
    Disk, Document, Library,
    document::{self, Draft},
};
use crate::{
    problem::{Problem, Problems},
    yaml::{Position, ReadError},
};

/// Some files and what they hold.
#[derive(Debug)]
pub struct Set {
    /// The documents in the order of their files.
    pub documents: Vec<(PathBuf, Document)>,
    /// Everything that is wrong.
    pub problems: Option<Problems>,
}

impl Set {
    /// Reads files and directories. In a directory the files `*.yaml` and `*.yml` are read that
    /// begin with an `apiVersion` of isthmus; a file that is named is read in any case.
    pub fn read(library: &Library, paths: &[PathBuf]) -> Self {
        let mut problems = Vec::new();
        let files = find(paths, &mut problems);
        let mut library = library.clone();
        let mut read = Vec::new();
        for file in files {
            match document::read(&Disk, &file) {
                Ok(found) => {
                    if let Some(Draft::Topology(draft)) = &found.draft {
                        library.shelve((**draft).clone());
                    }
                    read.push((file, found));
                }
                Err(found) => problems.extend(found),
            }
        }
        let mut documents = Vec::new();
        for (file, found) in read {
            match library.validate(&Disk, &file, found) {
                Ok(document) => documents.push((file, document)),
                Err(found) => problems.extend(found),
            }
        }
        problems.extend(namesakes(&documents));
        Self {
            documents,
            problems: Problems::new(problems),
        }
    }
}

/// Two files with documents of one kind and name.
fn namesakes(documents: &[(PathBuf, Document)]) -> Vec<Problem> {
    let mut first: BTreeMap<(&str, &str), &Path> = BTreeMap::new();
    let mut problems = Vec::new();
    for (file, document) in documents {
        let (kind, name) = match document {
            Document::Topology(topology) => ("topology", topology.name().as_str()),
            Document::Scenario(cells) => ("scenario", cells[0].name().as_str()),
        };
        match first.get(&(kind, name)) {
            None => {
                first.insert((kind, name), file);
            }
            Some(other) => problems.push(Problem {
                file: file.clone(),
                at: name_position(file),
                path: "metadata.name".to_owned(),
                message: format!(
                    "there is another {kind} called '{name}': {}",
                    other.display()
                ),
                remedy: "rename one of the two".to_owned(),
            }),
        }
    }
    problems
}

fn name_position(file: &Path) -> Position {
    let text = super::Files::read(&Disk, file, crate::yaml::MAX_DOCUMENT).ok();
    let tree = text.and_then(|text| crate::yaml::parse(&text).ok()?.into_iter().next());
    let path = crate::problem::FieldPath::root()
        .key("metadata")
        .key("name");
    tree.map_or(Position::START, |tree| {
        tree.position(&path, crate::problem::Part::Value)
    })
}

/// Every file, in order and once.
fn find(paths: &[PathBuf], problems: &mut Vec<Problem>) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            if let Err(error) = walk(path, &mut files) {
                problems.extend(Problems::unreadable(path, &ReadError::Io(error)));
            }
        } else {
            files.push(path.clone());
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    files.retain(|file| seen.insert(file.clone()));
    files
}

/// Links are followed to files only, so that no cycle of directories is walked.
fn walk(directory: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in WalkDir::new(directory).sort_by_file_name() {
        let entry = entry?;
        if !entry.file_type().is_dir() && is_yaml(entry.path()) && is_ours(entry.path()) {
            files.push(entry.into_path());
        }
    }
    Ok(())
}

fn is_yaml(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    matches!(extension, Some("yaml" | "yml"))
}

/// Whether a file says that it is for isthmus; one that cannot be read is reported later.
fn is_ours(path: &Path) -> bool {
    match super::Files::read(&Disk, path, crate::yaml::MAX_DOCUMENT) {
        Ok(text) => text.lines().any(|line| {
            line.trim_start()
                .strip_prefix("apiVersion:")
                .is_some_and(|version| version.contains("isthmus/"))
        }),
        Err(_) => true,
    }
}
