//! One at a time on this host, across processes: a file that is locked while something is done.
//!
//! The kernel gives the lock back when its holder ends, however it ends. The file itself stays: to
//! remove it would let two processes hold locks on two files of one name.

use std::{
    fs::{File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use crate::{Error, Result};

/// A lock that is held until it is dropped.
#[derive(Debug)]
pub(crate) struct Lock {
    /// Closing the file gives the lock back.
    _file: File,
}

impl Lock {
    /// Waits until nobody else on this host holds the lock of this name.
    pub(crate) async fn hold(name: &str) -> Result<Self> {
        let path = path(name);
        let at = path.clone();
        let locked = tokio::task::spawn_blocking(move || locked(&at)).await;
        let locked = locked.unwrap_or_else(|stopped| Err(io::Error::other(stopped)));
        let file = locked.map_err(|source| Error::Lock { path, source })?;
        Ok(Self { _file: file })
    }

    /// Takes the lock unless somebody else on this host holds it.
    pub(crate) fn unless_held(name: &str) -> Result<Option<Self>> {
        let path = path(name);
        let locked = file(&path).and_then(|file| match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        });
        locked.map_err(|source| Error::Lock { path, source })
    }
}

fn locked(path: &Path) -> io::Result<File> {
    let file = file(path)?;
    file.lock()?;
    Ok(file)
}

fn path(name: &str) -> PathBuf {
    directory().join(format!("{name}.lock"))
}

fn file(path: &Path) -> io::Result<File> {
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory)?;
    }
    File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
}

/// Of this user, gone with the next boot where the host has such a place.
fn directory() -> PathBuf {
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    let user = std::env::var("USER").unwrap_or_else(|_| "unknown".to_owned());
    runtime.map_or_else(
        || std::env::temp_dir().join(format!("isthmus-{user}")),
        |place| place.join("isthmus"),
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn a_second_holder_waits_for_the_first() {
        let name = format!("test-{}", std::process::id());
        let first = Lock::hold(&name).await.unwrap();
        let mut second = Box::pin(Lock::hold(&name));
        let soon = Duration::from_millis(100);
        assert!(tokio::time::timeout(soon, &mut second).await.is_err());
        assert!(Lock::unless_held(&name).unwrap().is_none());
        drop(first);
        second.await.unwrap();
        assert!(Lock::unless_held(&name).unwrap().is_some());
    }
}
