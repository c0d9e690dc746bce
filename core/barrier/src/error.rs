//! Why the barrier could not read, write or change its keys.

use plugin_api::ErrorKind;

/// What the barrier answers.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failed call of the barrier.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A key that the transaction read was changed by somebody else: run the handler again.
    #[error("a key that was read has been changed meanwhile")]
    Conflict,
    /// Another node holds the lock now; nothing was written.
    #[error("this node is no longer the active one")]
    Fenced,
    /// The barrier was sealed meanwhile.
    #[error("the barrier is sealed")]
    Sealed,
    /// There is no keyring.
    #[error("the barrier is not initialized")]
    NotInitialized,
    /// There is a keyring already.
    #[error("the barrier is already initialized")]
    AlreadyInitialized,
    /// The keyring does not open under this root key: it is another one, or the keyring is corrupt.
    #[error(
        "the root key does not open the keyring: \"core/keyring\" is corrupt or of another store; \
         restore it from a backup"
    )]
    WrongRootKey,
    /// What is stored under a key is not what the barrier wrote there.
    #[error("the entry {key:?} is corrupt: {reason}")]
    Corrupt {
        /// The key.
        key: String,
        /// What is wrong with it.
        reason: Corruption,
    },
    /// An entry was encrypted under a term that this keyring lacks, as on a standby that has not
    /// yet heard of a rotation.
    #[error("the entry {key:?} is of term {term}, which is not in the keyring")]
    UnknownTerm {
        /// The key.
        key: String,
        /// The term that its header names.
        term: u32,
    },
    /// A blob that was not made by this barrier for this purpose.
    #[error("the blob cannot be decrypted")]
    Blob,
    /// A key that belongs to the barrier itself.
    #[error("the key {0:?} belongs to the barrier")]
    Reserved(String),
    /// One transaction that writes more than the storage takes at once.
    #[error("the transaction is too large: {what} is {size}, the limit is {limit}")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// How large it is.
        size: usize,
        /// How large it may be.
        limit: usize,
    },
    /// A rotation setting that is out of range; the sentence is the one that clients know.
    #[error("{0}")]
    RotationConfig(String),
    /// There is no term after the last one.
    #[error("the terms of the keyring are used up")]
    TermsExhausted,
    /// The storage failed.
    #[error("storage: {0}")]
    Storage(plugin_api::Error),
    /// A cipher refused.
    #[error(transparent)]
    Crypto(#[from] crypto::Error),
}

impl Error {
    pub(crate) fn corrupt(key: &str, reason: Corruption) -> Self {
        Self::Corrupt { key: key.to_owned(), reason }
    }
}

impl From<plugin_api::Error> for Error {
    fn from(error: plugin_api::Error) -> Self {
        match error.kind {
            ErrorKind::Conflict => Self::Conflict,
            ErrorKind::Fenced => Self::Fenced,
            _ => Self::Storage(error),
        }
    }
}

/// What is wrong with a stored entry.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Corruption {
    /// Shorter than a header and a tag.
    #[error("it has only {0} bytes")]
    Short(usize),
    /// An unknown version byte.
    #[error("its version {0} is unknown")]
    Version(u8),
    /// The term is zero, or not the one it must be here.
    #[error("its term {0} cannot be")]
    Term(u32),
    /// Changed, moved from another key, or encrypted under another key.
    #[error("message authentication failed")]
    Authentication,
    /// It decrypts to something else than it should.
    #[error("{0}")]
    Content(&'static str),
}
