//! What can go wrong with files, as sentences for the operator, and as kinds for the server.

use std::{
    io,
    path::{Path, PathBuf},
};

use plugin_api::{Error, ErrorKind};
use thiserror::Error;

/// A failure of the file storage.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FileError {
    /// The configured path is not a folder.
    #[error("the setting \"path\" names {}, which is not a folder; give a folder", .0.display())]
    NotAFolder(PathBuf),
    /// The configured path is too long to hold every key below it.
    #[error("the setting \"path\" is {length} bytes long, the limit is {limit}; use a shorter one")]
    PathTooLong {
        /// Its length once it is made absolute.
        length: usize,
        /// The most that leaves room for the longest key.
        limit: usize,
    },
    /// Another process has the folder open.
    #[error(
        "the folder {} is in use by another process; stop that one, or set another \"path\"",
        .0.display()
    )]
    InUse(PathBuf),
    /// The folder was laid out by a later version.
    #[error(
        "the folder {} has the layout {found:?}, which this version does not know; use a newer one",
        path.display()
    )]
    Layout {
        /// The folder.
        path: PathBuf,
        /// What its layout file says.
        found: String,
    },
    /// The file system is full.
    #[error("no space is left for {}; free some space in its file system", .0.display())]
    Full(PathBuf),
    /// The file system or the permissions forbid it.
    #[error(
        "no permission to {doing} {}; give the server's user the right to it, on a writable file \
         system",
        path.display()
    )]
    Denied {
        /// What was tried.
        doing: &'static str,
        /// Where.
        path: PathBuf,
    },
    /// Any other fault of the file system.
    #[error("could not {doing} {}: {source}", path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// Where.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file of a key does not hold an entry.
    #[error("the entry {key:?} is corrupt: {why}; restore it from a backup")]
    CorruptEntry {
        /// The key.
        key: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The journal does not hold what it must.
    #[error("the journal {} is corrupt: {why}; restore the folder from a backup", path.display())]
    CorruptJournal {
        /// The journal's file.
        path: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A sync has failed earlier: what is on the disk is not known any more.
    #[error("the file storage takes no more writes: {0}; restart the server once that is mended")]
    ReadOnly(String),
    /// A batch is written down and not carried out: what is in the files is not whole.
    #[error("the file storage has stopped: {0}; restart the server once that is mended")]
    Stopped(String),
    /// It was closed.
    #[error("the file storage is closed")]
    Closed,
}

impl FileError {
    /// Tells the causes apart that an operator can do something about.
    pub(crate) fn io(doing: &'static str, path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full(path),
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Self::Denied { doing, path }
            }
            _ => Self::Io { doing, path, source },
        }
    }

    fn kind(&self) -> ErrorKind {
        match self {
            Self::NotAFolder(_) | Self::PathTooLong { .. } | Self::Layout { .. } => {
                ErrorKind::ConfigInvalid
            }
            // At a reload the server closes its own older instance and opens this one again.
            Self::InUse(_) => ErrorKind::Conflict,
            Self::Full(_) => ErrorKind::Unavailable,
            Self::Denied { .. } => ErrorKind::PermissionDenied,
            // Of all of the store: the host ends the process when its health says so.
            Self::ReadOnly(_) | Self::Stopped(_) => ErrorKind::Corrupt,
            Self::CorruptEntry { .. } | Self::CorruptJournal { .. } => ErrorKind::Corrupt,
            Self::Io { .. } => ErrorKind::Internal,
            Self::Closed => ErrorKind::Cancelled,
        }
    }
}

impl From<FileError> for Error {
    fn from(error: FileError) -> Self {
        let mut answer = Self::new(error.kind(), error.to_string());
        // Nothing of this mends itself within a moment, a full disk neither.
        answer.retryable = false;
        answer
    }
}
