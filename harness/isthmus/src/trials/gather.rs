//! From files and the catalogue to cases.

use std::{
    panic::resume_unwind,
    path::{Path, PathBuf},
    thread,
};

use scenario::{Disk, Document, Problems, Scenario, Set, catalogue, catalogue::Row};

use world::Version;

use super::Case;

/// Where scenarios come from.
#[derive(Debug, Clone, Default)]
pub struct Source {
    /// Files and directories; in directories every file of isthmus. What is no path but the number
    /// or name of a row of the catalogue, such as `T4`, is that row.
    pub paths: Vec<PathBuf>,
    /// The whole catalogue that is part of this program.
    pub catalogue: bool,
    /// The version of Istio that scenarios get which do not say theirs.
    pub istio: Option<Version>,
}

/// A scenario in one cell of its matrix, and where it was found.
#[derive(Debug, Clone)]
pub struct Found {
    /// The scenario.
    pub scenario: Scenario,
    /// Where.
    pub at: Place,
}

/// Where a scenario was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In a file.
    File {
        /// Its path, as it was named or found.
        file: PathBuf,
        /// The directory that was named, if it was found in one. Topologies that it refers to by
        /// name are there.
        directory: Option<PathBuf>,
    },
    /// In the catalogue.
    Row(&'static Row),
}

impl Source {
    /// The catalogue alone.
    pub fn catalogue() -> Self {
        Self {
            paths: Vec::new(),
            catalogue: true,
            istio: None,
        }
    }

    /// Files and directories alone.
    pub fn paths(paths: impl IntoIterator<Item = impl Into<PathBuf>>) -> Self {
        Self {
            paths: paths.into_iter().map(Into::into).collect(),
            catalogue: false,
            istio: None,
        }
    }

    /// Every scenario, the catalogue's first, then in the order of files.
    ///
    /// # Errors
    /// Every problem of every file.
    pub fn scenarios(&self) -> Result<Vec<Found>, Problems> {
        let named: Vec<&Row> = self.paths.iter().filter_map(|path| row(path)).collect();
        let files = self.paths.iter().filter(|path| row(path).is_none());
        let files: Vec<PathBuf> = files.cloned().collect();
        let mut found = of_catalogue(|row| self.catalogue || named.contains(&row))?;
        found.extend(of_files(&files)?);
        Ok(found)
    }

    /// The scenarios of the rows among the paths.
    ///
    /// # Errors
    /// Every problem of every file.
    pub fn rows(&self) -> Result<Vec<Scenario>, Problems> {
        let named: Vec<&Row> = self.paths.iter().filter_map(|path| row(path)).collect();
        let found = of_catalogue(|row| named.contains(&row))?;
        Ok(found.into_iter().map(|found| found.scenario).collect())
    }

    /// Every case, each scenario before its canaries.
    ///
    /// # Errors
    /// Every problem of every file.
    pub fn cases(&self) -> Result<Vec<Case>, Problems> {
        let found = self.scenarios()?.into_iter().map(|mut found| {
            if let Some(version) = &self.istio {
                found.scenario = found.scenario.at_istio(version);
            }
            found
        });
        Ok(found.flat_map(Case::all).collect())
    }
}

impl Place {
    fn file(file: PathBuf, named: &[PathBuf]) -> Self {
        let mut directories = named.iter().filter(|path| path.is_dir());
        let directory = directories.find(|path| file.starts_with(path)).cloned();
        Self::File { file, directory }
    }

    /// How a scenario found here is named on a command line, as words.
    pub fn words(&self) -> Vec<String> {
        match self {
            Self::Row(row) => vec![row.id.to_owned()],
            Self::File { file, directory } => {
                let library = directory.iter().filter(|_| !reads_alone(file));
                let library = library.flat_map(|path| ["--library".to_owned(), shown(path)]);
                library.chain([shown(file)]).collect()
            }
        }
    }
}

/// Whether a scenario needs nothing from the files beside it that it does not name by path.
fn reads_alone(file: &Path) -> bool {
    catalogue::library().scenario(&Disk, file).is_ok()
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// The row of the catalogue that a path is the number or name of, if there is no such file.
pub fn row(path: &Path) -> Option<&'static Row> {
    let name = path.to_str().filter(|_| !path.exists())?;
    let mut rows = catalogue::ROWS.iter();
    rows.find(|row| row.scenario == name || row.id.eq_ignore_ascii_case(name))
}

fn of_catalogue(wanted: impl Fn(&Row) -> bool) -> Result<Vec<Found>, Problems> {
    let library = catalogue::library();
    let rows = catalogue::ROWS.iter().filter(|row| wanted(row));
    let rows: Vec<&'static Row> = rows.collect();
    let read = |row: &&Row| library.scenario(&catalogue::Embedded, Path::new(&row.path()));
    let mut found = Vec::new();
    for (row, cells) in rows.iter().zip(by_halves(&rows, read)) {
        let at = Place::Row(row);
        found.extend(cells?.into_iter().map(|scenario| Found {
            scenario,
            at: at.clone(),
        }));
    }
    Ok(found)
}

/// What each of many gives, in their order. Another thread takes the second half: nothing else is
/// under way yet.
fn by_halves<T: Sync, R: Send>(all: &[T], each: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let (first, second) = all.split_at(all.len().div_ceil(2));
    let of = |half: &[T]| half.iter().map(&each).collect::<Vec<R>>();
    if second.is_empty() {
        return of(first);
    }
    thread::scope(|scope| {
        let other = scope.spawn(|| of(second));
        let mut done = of(first);
        done.extend(other.join().unwrap_or_else(|panic| resume_unwind(panic)));
        done
    })
}

fn of_files(paths: &[PathBuf]) -> Result<Vec<Found>, Problems> {
    let set = Set::read(&catalogue::library(), paths);
    if let Some(problems) = set.problems {
        return Err(problems);
    }
    let cells = set
        .documents
        .into_iter()
        .filter_map(|(file, document)| match document {
            Document::Scenario(cells) => Some((Place::file(file, paths), cells)),
            Document::Topology(_) => None,
        });
    let found = cells.flat_map(|(at, cells)| {
        cells.into_iter().map(move |scenario| Found {
            scenario,
            at: at.clone(),
        })
    });
    Ok(found.collect())
}
