//! What can be wrong with an engine's part of the store. Clients see an internal error; the log
//! gets the key, and never a part of the value.

/// A fault of a stored entry.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The value is not what was written there.
    #[error("the entry \"{key}\" is corrupt at byte {column}")]
    Corrupt {
        /// The key, within the mount.
        key: String,
        /// Where in the value it cannot be read further.
        column: usize,
    },
    /// Another entry tells of one that is not there.
    #[error("the entry \"{key}\" is missing")]
    Missing {
        /// The key, within the mount.
        key: String,
    },
    /// The value has no form that can be stored.
    #[error("the entry \"{key}\" cannot be encoded")]
    Unencodable {
        /// The key, within the mount.
        key: String,
    },
}

impl From<Error> for logical::Error {
    fn from(error: Error) -> Self {
        Self::internal(error)
    }
}
