//! Errors of the seal and of the barrier, as clients see them.

use logical::Error;

/// A failed call of the seal.
pub(crate) fn seal_fault(error: seal::Error) -> Error {
    match &error {
        seal::Error::AlreadyInitialized => Error::invalid("Vault is already initialized"),
        seal::Error::NotInitialized => Error::invalid("Vault is not initialized"),
        seal::Error::Storage(cause) | seal::Error::Seal(cause) if cause.retryable => {
            Error::unavailable(error.to_string(), error)
        }
        seal::Error::Storage(_) | seal::Error::Corrupt { .. } | seal::Error::Crypto(_) => {
            Error::internal(error)
        }
        _ => Error::invalid(error.to_string()),
    }
}

/// A barrier that cannot be made or opened.
pub(crate) fn barrier_fault(error: barrier::Error) -> Error {
    match &error {
        barrier::Error::AlreadyInitialized => Error::invalid("Vault is already initialized"),
        barrier::Error::NotInitialized => Error::invalid("Vault is not initialized"),
        barrier::Error::WrongRootKey => Error::invalid(error.to_string()),
        _ => mount::view::translate(error),
    }
}
