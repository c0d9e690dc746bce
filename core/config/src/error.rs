//! What is wrong with a configuration, where, and what to write instead.

use std::{fmt, io, sync::Arc};

use crate::{load::FILES_MAX, seal::SEALS_MAX};

/// What loading answers.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A line of a file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Place {
    /// The file, as it was named.
    pub file: Arc<str>,
    /// The line, from 1; 0 for what comes from no line.
    pub line: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => f.write_str(&self.file),
            line => write!(f, "{}:{line}", self.file),
        }
    }
}

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No file was named.
    #[error("Must specify at least one config path using -config")]
    NoPaths,
    /// A file or folder that cannot be read.
    #[error("error loading configuration from {file}: {source}")]
    Read {
        /// The file.
        file: String,
        /// Why.
        source: io::Error,
    },
    /// A folder without files.
    #[error("error loading configuration from {0}: no file in it ends in .hcl or .json")]
    NoFiles(String),
    /// A folder with too many files.
    #[error("error loading configuration from {0}: more than {FILES_MAX} files")]
    TooManyFiles(String),
    /// A text that is neither HCL nor JSON, or a stanza of the wrong form.
    #[error("error loading configuration from {file}: {cause}")]
    Syntax {
        /// The file.
        file: String,
        /// Why, and where in it.
        cause: hcl::Error,
    },
    /// A setting with a value that cannot be meant.
    #[error("{place}: {key}: {problem}")]
    Setting {
        /// Where.
        place: Place,
        /// The key.
        key: String,
        /// What is wrong and what to write.
        problem: String,
    },
    /// A stanza that there may be one of.
    #[error("{place}: a second {stanza} stanza (the first is at {first}): keep one of them")]
    Twice {
        /// The second one.
        place: Place,
        /// The first one.
        first: Place,
        /// The stanza's key.
        stanza: &'static str,
    },
    /// More seals than can be used at once.
    #[error("{0}: more than {SEALS_MAX} seal stanzas: remove one")]
    TooManySeals(Place),
    /// No storage.
    #[error(
        "no storage stanza in {0}: add one, such as storage \"file\" {{ path = \"/var/lib/strongroom\" }}"
    )]
    NoStorage(String),
    /// TLS without what it needs.
    #[error(
        "{place}: listener: TLS is on, but {missing} is not set: set tls_cert_file and tls_key_file, or tls_disable = true"
    )]
    NoCertificate {
        /// The listener.
        place: Place,
        /// The key that is missing.
        missing: &'static str,
    },
}
