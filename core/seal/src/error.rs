//! Why a seal could not be made, opened or asked.
//!
//! Sentences that clients of Vault know are kept word for word.

use crate::{Purpose, SplitFault};

/// What a seal answers.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failed call of a seal.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Parameters of the other kind of seal.
    #[error("parameters {names} not applicable to seal type {kind}")]
    NotApplicable {
        /// The parameters, separated by commas.
        names: String,
        /// The type of this seal.
        kind: String,
    },
    /// Numbers of shares that cannot be.
    #[error("invalid {purpose} configuration: {fault}")]
    Split {
        /// What they are for.
        purpose: Purpose,
        /// What is wrong with them.
        fault: SplitFault,
    },
    /// An unseal key or recovery key of an impossible length.
    #[error("key is shorter than minimum {0} bytes")]
    KeyTooShort(usize),
    /// An unseal key or recovery key of an impossible length.
    #[error("key is longer than maximum {0} bytes")]
    KeyTooLong(usize),
    /// Nothing is stored for this seal.
    #[error("the seal is not initialized")]
    NotInitialized,
    /// Something is stored for this seal already.
    #[error("the seal is already initialized")]
    AlreadyInitialized,
    /// The store was sealed in another way than the configuration says.
    #[error(
        "the store is sealed by \"{stored}\" and the configuration says \"{configured}\": put the \
         stanza of the seal that was used back, or migrate the seal"
    )]
    KindMismatch {
        /// The type in the store.
        stored: String,
        /// The type in the configuration.
        configured: String,
    },
    /// The unseal keys do not open the stored root key.
    #[error(
        "unable to retrieve stored keys: invalid key: failed to decrypt keys from storage: \
         cipher: message authentication failed"
    )]
    InvalidKey,
    /// The recovery keys are not those of this store.
    #[error("recovery key does not match submitted values")]
    RecoveryMismatch,
    /// The store was initialized without recovery keys.
    #[error("no recovery key was made for this store")]
    NoRecoveryKey,
    /// Only unseal keys open this seal.
    #[error("a Shamir seal cannot unseal itself")]
    NotAuto,
    /// A seal name that cannot be.
    #[error("the seal name {0:?} must have 1 to 64 characters of a-z, 0-9, '-' and '_'")]
    Name(String),
    /// A stored entry is not what a seal wrote there.
    #[error("the entry {key:?} is corrupt: {reason}")]
    Corrupt {
        /// The key.
        key: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The provider failed.
    #[error("seal: {0}")]
    Seal(plugin_api::Error),
    /// The storage failed.
    #[error("storage: {0}")]
    Storage(plugin_api::Error),
    /// A cipher refused.
    #[error(transparent)]
    Crypto(#[from] crypto::Error),
}

impl Error {
    pub(crate) fn corrupt(key: &str, reason: &'static str) -> Self {
        Self::Corrupt { key: key.to_owned(), reason }
    }
}
