//! The catalogue: what isthmus promises to rehearse, as a list of rows and a file for each.
//!
//! Rows and files are part of the binary, so that `isthmus list --catalogue` works anywhere. A test
//! compares rows, files and what the files say about themselves; none can be missing silently.

mod files;
mod rows;

use std::{path::Path, sync::LazyLock};

use crate::{
    Scenario,
    library::{Files, Library},
    problem::Problems,
    yaml::ReadError,
};

pub use files::{SCENARIOS, TOPOLOGIES};
pub use rows::{ROWS, Row};

/// The files that are part of the binary.
#[derive(Debug, Clone, Copy, Default)]
pub struct Embedded;

impl Files for Embedded {
    fn read(&self, path: &Path, _limit: u64) -> Result<String, ReadError> {
        let all = TOPOLOGIES.iter().chain(SCENARIOS);
        let found = all.into_iter().find(|(name, _)| Path::new(name) == path);
        found
            .map(|(_, text)| (*text).to_owned())
            .ok_or(ReadError::Missing)
    }
}

/// The topologies of the catalogue, to which scenarios anywhere may refer by name. The tests of this
/// crate make sure that each is sound and called like its file.
pub fn library() -> Library {
    static SHELVES: LazyLock<Library> = LazyLock::new(shelves);
    SHELVES.clone()
}

fn shelves() -> Library {
    let mut library = Library::new();
    for (path, _) in TOPOLOGIES {
        let path = Path::new(path);
        let name = path
            .file_stem()
            .and_then(|stem| stem.to_str()?.parse().ok());
        let name = name.expect("the files of the catalogue are called like their topologies");
        library.shelve_unread(name, Embedded, path);
    }
    library
}

/// Every scenario of the catalogue, in the order of its rows; a matrix gives several per row.
///
/// # Errors
/// Every problem of a file; the tests of this crate make sure that there is none.
pub fn scenarios() -> Result<Vec<(&'static Row, Vec<Scenario>)>, Problems> {
    let library = library();
    let read = |row: &'static Row| Ok((row, library.scenario(&Embedded, Path::new(&row.path()))?));
    ROWS.iter().map(read).collect()
}
