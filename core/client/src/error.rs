//! Why a call failed, in the words that clients of this API have always printed.

#[cfg(test)]
mod tests;

use std::fmt;

use http::{Method, StatusCode};

/// What every call answers.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failed call.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting is wrong, or a file it names cannot be used. Nothing was sent.
    #[error("{0}")]
    Settings(String),
    /// No answer came.
    #[error("{} \"{url}\": {reason}", verb(method))]
    Transport {
        /// The method that was asked.
        method: Method,
        /// The address that was asked.
        url: String,
        /// What went wrong on the way.
        reason: String,
    },
    /// The server answered with an error.
    #[error("{0}")]
    Api(Box<ApiError>),
    /// The server answered with success, but not in the shape that was expected.
    #[error("unexpected answer from {url}: {reason}")]
    Answer {
        /// The address that answered.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl Error {
    /// The status the server answered with, if it answered.
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Api(error) => Some(error.status),
            Self::Settings(_) | Self::Transport { .. } | Self::Answer { .. } => None,
        }
    }

    /// The errors the server listed.
    pub fn errors(&self) -> &[String] {
        match self {
            Self::Api(error) => error.errors.as_deref().unwrap_or_default(),
            Self::Settings(_) | Self::Transport { .. } | Self::Answer { .. } => &[],
        }
    }
}

/// An answer that is an error. Its text is the one that operators and scripts know.
#[derive(Clone, Debug)]
pub struct ApiError {
    /// The method that was asked.
    pub method: Method,
    /// The address that answered.
    pub url: String,
    /// The namespace that was asked for.
    pub namespace: String,
    /// The status.
    pub status: StatusCode,
    /// The listed errors; `None` if the body was not the usual JSON.
    pub errors: Option<Vec<String>>,
    /// The body.
    pub raw: String,
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error making API request.\n\n")?;
        if !self.namespace.is_empty() {
            writeln!(f, "Namespace: {}", self.namespace)?;
        }
        writeln!(f, "URL: {} {}", self.method, self.url)?;
        let code = self.status.as_u16();
        match &self.errors {
            Some(errors) => {
                writeln!(f, "Code: {code}. Errors:")?;
                errors.iter().try_for_each(|error| write!(f, "\n* {error}"))
            }
            None => write!(f, "Code: {code}. Raw Message:\n\n{}", self.raw),
        }
    }
}

impl std::error::Error for ApiError {}

/// `GET` as `Get`, as Go's messages have it.
fn verb(method: &Method) -> String {
    let mut letters = method.as_str().chars();
    let first = letters.next().into_iter();
    first.chain(letters.flat_map(char::to_lowercase)).collect()
}
