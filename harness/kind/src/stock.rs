//! Which images the daemon has, and by which digests they can be had again.

use std::{collections::BTreeMap, path::Path};

use crate::{Error, Result, docker::Docker};

/// What the daemon knows of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stocked {
    /// Its id, which is the digest of its configuration.
    pub id: String,
    /// What it is made for, for example `amd64`.
    pub architecture: String,
    /// Bytes.
    pub size: u64,
    /// The digests under which registries know it, as `repository@sha256:…`; none of an image that was
    /// built here or came from an archive.
    pub digests: Vec<String>,
}

/// What the daemon has of `images`; `None` for what it lacks.
///
/// # Errors
/// What the daemon met.
pub async fn look(
    images: impl IntoIterator<Item = String>,
) -> Result<BTreeMap<String, Option<Stocked>>> {
    let docker = Docker::connect().await?;
    let mut found = BTreeMap::new();
    for image in images {
        let stocked = docker.stocked(&image).await?;
        found.insert(image, stocked);
    }
    Ok(found)
}

/// Images by the digests that they had when they were locked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lock(BTreeMap<String, String>);

impl Lock {
    /// Locks what the daemon has.
    ///
    /// # Errors
    /// [`Error::NoImage`] for the first that it lacks.
    pub fn of(found: &BTreeMap<String, Option<Stocked>>) -> Result<Self> {
        let locked = found.iter().map(|(image, stocked)| match stocked {
            Some(stocked) => Ok((image.clone(), stocked.id.clone())),
            None => Err(Error::NoImage {
                image: image.clone(),
            }),
        });
        Ok(Self(locked.collect::<Result<_>>()?))
    }

    /// Reads a lock file.
    ///
    /// # Errors
    /// [`Error::NoLock`] or [`Error::BadLock`].
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|source| Error::NoLock {
            path: path.display().to_string(),
            source,
        })?;
        Self::parse(path, &text)
    }

    /// The text of a lock file: an image and its id on each line, and comments after `#`.
    ///
    /// # Errors
    /// [`Error::BadLock`] with the line.
    pub fn parse(path: &Path, text: &str) -> Result<Self> {
        let lines = text.lines().enumerate();
        let lines = lines.map(|(number, line)| {
            let said = line.split('#').next().unwrap_or_default();
            (number, said.split_whitespace().collect::<Vec<_>>())
        });
        let entries = lines.filter(|(_, words)| !words.is_empty());
        let locked = entries.map(|(number, words)| match words[..] {
            [image, id] => Ok((image.to_owned(), id.to_owned())),
            _ => Err(Error::BadLock {
                path: path.display().to_string(),
                line: number + 1,
            }),
        });
        Ok(Self(locked.collect::<Result<_>>()?))
    }

    /// The file.
    pub fn render(&self) -> String {
        let line = |(image, id): (&String, &String)| format!("{image} {id}\n");
        let lines: String = self.0.iter().map(line).collect();
        format!("# Written by isthmus images lock: images and what they were.\n{lines}")
    }

    /// Makes sure that an image is what it was.
    ///
    /// # Errors
    /// [`Error::NotLocked`].
    pub(crate) fn holds(&self, image: &str, id: &str) -> Result<()> {
        match self.0.get(image) {
            Some(locked) if locked != id => Err(Error::NotLocked {
                image: image.to_owned(),
                locked: locked.clone(),
                found: id.to_owned(),
            }),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(ids: &[(&str, Option<&str>)]) -> BTreeMap<String, Option<Stocked>> {
        let stocked = |id: &str| Stocked {
            id: id.to_owned(),
            architecture: "amd64".to_owned(),
            size: 1,
            digests: Vec::new(),
        };
        let all = ids.iter();
        all.map(|(image, id)| ((*image).to_owned(), id.map(stocked)))
            .collect()
    }

    #[test]
    fn a_lock_reads_back_and_tells_what_has_moved() {
        let lock = Lock::of(&found(&[("a:v1", Some("sha256:1"))])).unwrap();
        let again = Lock::parse(Path::new("lock"), &lock.render()).unwrap();
        assert_eq!(lock, again);
        assert!(again.holds("a:v1", "sha256:1").is_ok());
        assert!(again.holds("another", "sha256:2").is_ok());
        let moved = again.holds("a:v1", "sha256:2").unwrap_err().to_string();
        assert!(moved.contains("isthmus images lock"), "{moved}");
    }

    #[test]
    fn what_is_not_there_cannot_be_locked_and_a_broken_line_is_named() {
        assert!(Lock::of(&found(&[("a:v1", None)])).is_err());
        let broken = Lock::parse(Path::new("lock"), "# a\na:v1\n").unwrap_err();
        assert!(broken.to_string().contains("lock:2"), "{broken}");
    }
}
