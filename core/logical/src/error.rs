//! The error that a client sees, and the code that doors branch on.

use std::borrow::Cow;

/// What a handler answers.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a request failed. `api` holds the one table from here to HTTP.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Code {
    /// The client's request is wrong.
    InvalidRequest,
    /// No valid token, or no policy allows it.
    PermissionDenied,
    /// There is nothing here.
    NotFound,
    /// No handler for this path.
    UnsupportedPath,
    /// The path exists; the operation does not.
    UnsupportedOperation,
    /// The body is over the limit.
    TooLarge,
    /// The media type is not accepted for this operation.
    UnsupportedMediaType,
    /// A precondition of the client does not hold yet.
    PreconditionFailed,
    /// A quota is used up.
    RateLimited,
    /// The node is sealed or not initialized.
    Sealed,
    /// This node is not the active one.
    Standby,
    /// Try again: a conflict, a store that does not answer, an activation that ended.
    Unavailable,
    /// A fault of ours or of the store.
    Internal,
    /// A service behind the server failed.
    Upstream,
}

/// A failed request: a code to branch on, a text to show, a cause to log.
#[derive(Debug, thiserror::Error)]
#[error("{public}")]
pub struct Error {
    /// What doors branch on.
    pub code: Code,
    /// What the client reads; empty where the code says it all.
    pub public: Cow<'static, str>,
    /// What the log gets with the request id; never shown.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error that shows this text as it is.
    pub fn new(code: Code, public: impl Into<Cow<'static, str>>) -> Self {
        Self { code, public: public.into(), source: None }
    }

    /// A mistake of the client.
    pub fn invalid(public: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Code::InvalidRequest, public)
    }

    /// Clients of this API know some errors in the form of a list with one member.
    pub fn listed(code: Code, what: impl std::fmt::Display) -> Self {
        Self::new(code, format!("1 error occurred:\n\t* {what}\n\n"))
    }

    /// A valid token whose policies do not allow the request.
    pub fn denied() -> Self {
        Self::listed(Code::PermissionDenied, "permission denied")
    }

    /// No token, or one that does not exist (any more).
    pub fn no_token() -> Self {
        Self::new(Code::PermissionDenied, "permission denied")
    }

    /// No handler for this path.
    pub fn unsupported_path() -> Self {
        Self::listed(Code::UnsupportedPath, "unsupported path")
    }

    /// The path does not know the operation.
    pub fn unsupported_operation() -> Self {
        Self::listed(Code::UnsupportedOperation, "unsupported operation")
    }

    /// A fault whose cause goes to the log; the client reads "internal error".
    pub fn internal(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { code: Code::Internal, public: "internal error".into(), source: Some(source.into()) }
    }

    /// The store or the activation cannot serve this now.
    pub fn unavailable(
        public: impl Into<Cow<'static, str>>,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self { code: Code::Unavailable, public: public.into(), source: Some(source.into()) }
    }
}
