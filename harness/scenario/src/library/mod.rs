//! From files to values: topologies by name, scenarios with their cells, and every problem of a
//! file in one go.
//!
//! Reading order: [`Library::read`] (one file), [`document`](self) for its stages (text, tree,
//! structure, draft, meaning), `cells` for the matrix, `set` for many files at once.

mod cells;
mod document;
mod files;
mod objects;
mod set;

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, LazyLock},
};

pub use files::{Disk, Files};
pub use set::Set;

use crate::{
    Scenario, Topology,
    draft::{ScenarioDraft, TopologyDraft},
    name::DocumentName,
    problem::{Findings, Problems},
    yaml::Node,
};
use document::{Draft, Read};

/// What a file holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Document {
    /// A topology.
    Topology(Box<Topology>),
    /// A scenario, once per cell of its matrix; never empty.
    Scenario(Vec<Scenario>),
}

/// The topologies that scenarios may refer to by name.
#[derive(Debug, Clone, Default)]
pub struct Library {
    topologies: BTreeMap<DocumentName, Arc<Shelved>>,
}

/// A topology that is read when it is first asked for: of a shelf, a run needs one or two.
type Shelved = LazyLock<TopologyDraft, Box<dyn FnOnce() -> TopologyDraft + Send>>;

impl Library {
    /// A library without topologies.
    pub fn new() -> Self {
        Self::default()
    }

    /// The names of its topologies.
    pub fn topologies(&self) -> impl Iterator<Item = &DocumentName> {
        self.topologies.keys()
    }

    /// Reads a topology file and puts it on the shelf; one that is there already under the same
    /// name is replaced, so that a user's topology goes before one of the catalogue.
    ///
    /// # Errors
    /// Every problem of the file.
    pub fn add(&mut self, files: &dyn Files, path: &Path) -> Result<Topology, Problems> {
        let (node, draft) = document::topology(files, path)?;
        let topology = validated_topology(path, &node, &draft)?;
        self.shelve(draft);
        Ok(topology)
    }

    fn shelve(&mut self, draft: TopologyDraft) {
        let name = draft.metadata.name.clone();
        let shelved = LazyLock::new(Box::new(|| draft) as Box<_>);
        self.topologies.insert(name, Arc::new(shelved));
    }

    /// Puts a topology file on the shelf that is known to be sound, unread.
    pub(crate) fn shelve_unread(
        &mut self,
        name: DocumentName,
        files: impl Files + Send + 'static,
        path: &'static Path,
    ) {
        let read = move || match document::topology(&files, path) {
            Ok((_, draft)) => draft,
            Err(problems) => unreachable!("the file is part of this program: {problems}"),
        };
        let shelved = LazyLock::new(Box::new(read) as Box<_>);
        self.topologies.insert(name, Arc::new(shelved));
    }

    /// The topology of a name.
    fn on_shelf(&self, name: &str) -> Option<&TopologyDraft> {
        self.topologies.get(name).map(|shelved| &***shelved)
    }

    /// Reads a file, whichever kind it holds.
    ///
    /// # Errors
    /// Every problem of the file.
    pub fn read(&self, files: &dyn Files, path: &Path) -> Result<Document, Problems> {
        self.validate(files, path, document::read(files, path)?)
    }

    /// Checks what a file means whose structure has been read.
    fn validate(&self, files: &dyn Files, path: &Path, read: Read) -> Result<Document, Problems> {
        let Read {
            node,
            draft,
            mut findings,
        } = read;
        let document = match draft {
            None => None,
            Some(Draft::Topology(draft)) => Topology::from_draft(&draft)
                .map_err(|found| findings.extend(found))
                .ok()
                .map(|topology| Document::Topology(Box::new(topology))),
            Some(Draft::Scenario(draft)) => {
                let cells = self.cells(files, path, &draft, &mut findings);
                Some(Document::Scenario(cells))
            }
        };
        settle(path, &node, findings, document)
    }

    /// Reads a scenario file: one value per cell of its matrix, never empty.
    ///
    /// # Errors
    /// Every problem of the file, among them that it holds a topology.
    pub fn scenario(&self, files: &dyn Files, path: &Path) -> Result<Vec<Scenario>, Problems> {
        match self.read(files, path)? {
            Document::Scenario(cells) => Ok(cells),
            Document::Topology(_) => Err(document::wrong_kind(path, "Topology", "Scenario")),
        }
    }

    /// Reads a topology file.
    ///
    /// # Errors
    /// Every problem of the file, among them that it holds a scenario.
    pub fn topology(&self, files: &dyn Files, path: &Path) -> Result<Topology, Problems> {
        match self.read(files, path)? {
            Document::Topology(topology) => Ok(*topology),
            Document::Scenario(_) => Err(document::wrong_kind(path, "Scenario", "Topology")),
        }
    }

    fn cells(
        &self,
        files: &dyn Files,
        path: &Path,
        draft: &ScenarioDraft,
        findings: &mut Findings,
    ) -> Vec<Scenario> {
        let base = path.parent().unwrap_or(Path::new(""));
        cells::of(self, files, base, draft, findings)
    }
}

fn validated_topology(
    path: &Path,
    node: &Node,
    draft: &TopologyDraft,
) -> Result<Topology, Problems> {
    match Topology::from_draft(draft) {
        Ok(topology) => Ok(topology),
        Err(findings) => Err(Problems::located(path, node, findings)
            .expect("a topology is refused only with findings")),
    }
}

fn settle<T>(
    path: &Path,
    node: &Node,
    findings: Findings,
    value: Option<T>,
) -> Result<T, Problems> {
    match Problems::located(path, node, findings) {
        Some(problems) => Err(problems),
        None => Ok(value.expect("a document is refused only with findings")),
    }
}
