//! The one error type of all contracts: a kind to branch on, a sentence to show.

use std::fmt;

/// What any contract call answers.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a call failed. The numbers are part of the contract: the same in Rust, C and WIT.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
#[repr(u32)]
pub enum ErrorKind {
    /// The caller broke the contract (a bad key, a prefix without `/`). Never retried.
    InvalidArgument = 1,
    /// The stanza is wrong; only from opening a provider. The message names the setting.
    ConfigInvalid = 2,
    /// The store or service cannot be reached at the moment.
    Unavailable = 3,
    /// The deadline passed.
    Timeout = 4,
    /// The caller gave up.
    Cancelled = 5,
    /// A check of [`apply`](crate::Storage::apply) did not hold; nothing was written. From opening a
    /// provider: another instance has the data for itself.
    Conflict = 6,
    /// The fence is not that of the current lock holder; nothing was written.
    Fenced = 7,
    /// A key, value or batch is over the claimed limit; nothing was written.
    TooLarge = 8,
    /// The service refused the credentials.
    Unauthenticated = 9,
    /// The service knows the caller and refuses the deed.
    PermissionDenied = 10,
    /// The service asks to slow down.
    RateLimited = 11,
    /// The provider does not claim this ability.
    Unsupported = 12,
    /// What is stored cannot be decoded.
    Corrupt = 13,
    /// A fault of the provider.
    Internal = 14,
    /// The provider panicked or trapped; its instance is gone.
    Panicked = 15,
}

impl ErrorKind {
    /// The kind with this number; one that is not known here is a fault of the provider.
    pub fn from_number(number: i32) -> Self {
        match number {
            1 => Self::InvalidArgument,
            2 => Self::ConfigInvalid,
            3 => Self::Unavailable,
            4 => Self::Timeout,
            5 => Self::Cancelled,
            6 => Self::Conflict,
            7 => Self::Fenced,
            8 => Self::TooLarge,
            9 => Self::Unauthenticated,
            10 => Self::PermissionDenied,
            11 => Self::RateLimited,
            12 => Self::Unsupported,
            13 => Self::Corrupt,
            15 => Self::Panicked,
            _ => Self::Internal,
        }
    }
}

/// A failed call.
///
/// `message` says what and where, never a value and never key material.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Error {
    /// Why it failed.
    pub kind: ErrorKind,
    /// What to tell an operator: lower case, no full stop, no secrets.
    pub message: String,
    /// Whether the same call may succeed a moment later.
    pub retryable: bool,
    /// Whether a write may have taken effect all the same (a lost answer).
    pub maybe_applied: bool,
}

impl Error {
    /// An error of this kind. Unreachable and slow services are marked retryable.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        let retryable =
            matches!(kind, ErrorKind::Unavailable | ErrorKind::Timeout | ErrorKind::RateLimited);
        Self { kind, message: message.into(), retryable, maybe_applied: false }
    }

    /// The call is not among the claimed capabilities.
    pub fn unsupported(call: &str) -> Self {
        Self::new(ErrorKind::Unsupported, format!("{call} is not supported by this provider"))
    }

    /// Marks a write whose outcome is unknown.
    #[must_use]
    pub fn maybe_applied(mut self) -> Self {
        self.maybe_applied = true;
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
