//! Why a cryptographic operation did not happen; never with a word about the bytes themselves.

/// What the operations of this crate answer.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failed operation.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An AES key of another length.
    #[error("an AES key has 16, 24 or 32 bytes, not {0}")]
    KeyLength(usize),
    /// The ciphertext, its nonce, its associated data or the key is not what it was at sealing.
    #[error("message authentication failed")]
    Authentication,
    /// The plaintext is longer than the cipher may take.
    #[error("the plaintext is too long to encrypt")]
    TooLong,
    /// More derived bytes were asked for than the derivation can give.
    #[error("a derived key of {0} bytes is too long")]
    DerivedLength(usize),
    /// A split into a number of shares, or at a threshold, that cannot be.
    #[error("cannot split into {shares} shares with a threshold of {threshold}")]
    SplitShape {
        /// The number of shares asked for.
        shares: usize,
        /// The threshold asked for.
        threshold: usize,
    },
    /// Nothing to split.
    #[error("an empty secret cannot be split")]
    EmptySecret,
    /// Fewer than two shares to combine.
    #[error("less than two shares cannot be combined")]
    TooFewShares,
    /// More shares than there are x coordinates.
    #[error("more than 255 shares cannot be combined")]
    TooManyShares,
    /// A share without a y byte.
    #[error("a share has at least two bytes")]
    ShareTooShort,
    /// Shares of different lengths.
    #[error("the shares have different lengths")]
    ShareLengths,
    /// The same share twice, or two shares with one x coordinate.
    #[error("a share was given twice")]
    DuplicateShare,
    /// A share whose x coordinate is zero, which is where the secret lies.
    #[error("a share has no valid x coordinate")]
    ZeroShare,
    /// What is stored as a signing key is none, or it could not sign.
    #[error("the signing key cannot be used")]
    SigningKey,
}
