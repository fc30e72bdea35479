//! From a path to text, with every way in which that can fail.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use super::tree::Position;

/// The largest topology or scenario file, in bytes.
pub const MAX_DOCUMENT: u64 = 1 << 20;
/// The largest file of Kubernetes objects, in bytes.
pub const MAX_MANIFESTS: u64 = 4 << 20;

/// Why a file cannot be read as text.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// There is no such file.
    #[error("there is no such file")]
    Missing,
    /// It is a directory.
    #[error("this is a directory, not a file")]
    Directory,
    /// It is neither a file nor a directory: a device or a pipe could be read without end.
    #[error("this is not an ordinary file")]
    Special,
    /// The operating system says no.
    #[error("the file cannot be read")]
    Io(#[source] io::Error),
    /// It is larger than anything sensible.
    #[error("the file is larger than {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: u64,
    },
    /// It is not UTF-8.
    #[error("the file is not UTF-8 text: byte {byte:#04x} does not belong there")]
    NotUtf8 {
        /// Where.
        at: Position,
        /// The first byte that does not fit.
        byte: u8,
    },
}

impl ReadError {
    /// Where in the file it is.
    pub fn at(&self) -> Position {
        match self {
            Self::NotUtf8 { at, .. } => *at,
            Self::Missing
            | Self::Directory
            | Self::Special
            | Self::Io(_)
            | Self::TooLarge { .. } => Position::START,
        }
    }

    /// What to do about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Missing => "check the path; it is relative to the file that names it",
            Self::Directory => "name a file in it",
            Self::Special => "name an ordinary file",
            Self::Io(_) => "check its permissions",
            Self::TooLarge { .. } => "split it; this looks like something else than a description",
            Self::NotUtf8 { .. } => "save it as UTF-8",
        }
    }
}

/// Reads a file of at most `limit` bytes.
///
/// # Errors
/// If it cannot be read, is too large, or is not UTF-8.
pub fn read(path: &Path, limit: u64) -> Result<String, ReadError> {
    let metadata = path.metadata().map_err(io_error)?;
    if metadata.is_dir() {
        return Err(ReadError::Directory);
    }
    if !metadata.is_file() {
        return Err(ReadError::Special);
    }
    if metadata.len() > limit {
        return Err(ReadError::TooLarge { limit });
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(io_error)?;
    // The file may have grown since it was asked for its size.
    file.take(limit + 1)
        .read_to_end(&mut bytes)
        .map_err(io_error)?;
    if bytes.len() as u64 > limit {
        return Err(ReadError::TooLarge { limit });
    }
    decode(bytes)
}

/// Bytes as text, without the mark that some editors put first.
///
/// # Errors
/// If the bytes are not UTF-8.
pub fn decode(bytes: Vec<u8>) -> Result<String, ReadError> {
    let mut text = String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let bytes = error.as_bytes();
        ReadError::NotUtf8 {
            at: position_after(&bytes[..valid]),
            byte: bytes[valid],
        }
    })?;
    if text.starts_with(BYTE_ORDER_MARK) {
        text.drain(..BYTE_ORDER_MARK.len_utf8());
    }
    Ok(text)
}

const BYTE_ORDER_MARK: char = '\u{feff}';

/// The position that follows a text.
fn position_after(valid: &[u8]) -> Position {
    let text = String::from_utf8_lossy(valid);
    let line = text.matches('\n').count() + 1;
    let last = text.rsplit('\n').next().unwrap_or_default();
    let column = last.trim_start_matches(BYTE_ORDER_MARK).chars().count() + 1;
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Position {
        line: number(line),
        column: number(column),
    }
}

fn io_error(error: io::Error) -> ReadError {
    match error.kind() {
        io::ErrorKind::NotFound => ReadError::Missing,
        io::ErrorKind::IsADirectory => ReadError::Directory,
        _ => ReadError::Io(error),
    }
}
