//! Why a measurement failed.

/// What the programs answer.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a measurement failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A socket, a file or a process.
    #[error("{0}: {1}")]
    Io(String, std::io::Error),
    /// An answer that is none, or not the one that was expected.
    #[error("{0}")]
    Unexpected(String),
    /// A certificate.
    #[error("TLS: {0}")]
    Tls(String),
    /// The command line.
    #[error("usage: {0}")]
    Usage(String),
}

impl Error {
    /// Says what was being done when the system failed.
    pub fn io(doing: &str) -> impl FnOnce(std::io::Error) -> Self {
        move |error| Self::Io(doing.to_owned(), error)
    }
}
