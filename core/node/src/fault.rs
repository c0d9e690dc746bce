//! Errors of the seal and of the barrier, as clients see them.

use logical::{Code, Error};

/// A failed call of the seal.
pub(crate) fn seal_fault(error: seal::Error) -> Error {
    match &error {
        seal::Error::AlreadyInitialized => Error::invalid("Vault is already initialized"),
        seal::Error::NotInitialized => Error::invalid("Vault is not initialized"),
        seal::Error::Storage(cause) | seal::Error::Seal(cause) if cause.retryable => {
            Error::unavailable(error.to_string(), error)
        }
        seal::Error::Corrupt { .. } => told(error),
        seal::Error::Storage(_) | seal::Error::Crypto(_) => Error::internal(error),
        _ => Error::invalid(error.to_string()),
    }
}

/// A barrier that cannot be made or opened.
pub(crate) fn barrier_fault(error: barrier::Error) -> Error {
    match &error {
        barrier::Error::AlreadyInitialized => Error::invalid("Vault is already initialized"),
        barrier::Error::NotInitialized => Error::invalid("Vault is not initialized"),
        // The seal has opened its root key by then: the keys that were given are right, and whoever
        // gave them must not go looking for others.
        barrier::Error::WrongRootKey | barrier::Error::Corrupt { .. } => told(error),
        _ => mount::view::translate(error),
    }
}

/// A fault of ours whose words help whoever is at the door: they name an entry, and no more.
fn told(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    let public = Error::new(Code::Internal, error.to_string());
    Error { source: Some(Box::new(error)), ..public }
}
