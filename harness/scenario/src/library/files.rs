//! Where files come from: the disk, or the binary itself.

use std::path::Path;

use crate::yaml::{self, ReadError};

/// A place with files.
pub trait Files {
    /// Reads a file of at most `limit` bytes.
    ///
    /// # Errors
    /// If it cannot be read, is too large, or is not UTF-8.
    fn read(&self, path: &Path, limit: u64) -> Result<String, ReadError>;
}

/// The disk.
#[derive(Debug, Clone, Copy, Default)]
pub struct Disk;

impl Files for Disk {
    fn read(&self, path: &Path, limit: u64) -> Result<String, ReadError> {
        yaml::read(path, limit)
    }
}
