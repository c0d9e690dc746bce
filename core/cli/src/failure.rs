//! How a command ends when it does not simply succeed, and with which exit code.

/// What a command answers.
pub(crate) type Outcome<T = ()> = Result<T, Failure>;

/// The end of a command before its time.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Failure {
    /// A wrong word, flag or file on this side: exit code 1.
    Local(String),
    /// The server refused, or could not be reached: exit code 2.
    Remote(String),
    /// All is said; only the exit code is left.
    Said(u8),
}

impl Failure {
    /// A fault on this side.
    pub(crate) fn local(text: impl Into<String>) -> Self {
        Self::Local(text.into())
    }

    /// A fault on the other side.
    pub(crate) fn remote(text: impl Into<String>) -> Self {
        Self::Remote(text.into())
    }

    /// A failed call, after the words that say what was tried (they may be empty).
    pub(crate) fn call(tried: &str, error: &client::Error) -> Self {
        let text = match error {
            client::Error::Settings(text) => return Self::Local(text.clone()),
            _ if tried.is_empty() => error.to_string(),
            _ => format!("{tried}: {error}"),
        };
        Self::Remote(text)
    }

    /// The exit code.
    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Local(_) => 1,
            Self::Remote(_) => 2,
            Self::Said(code) => *code,
        }
    }

    /// What is left to say.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Local(text) | Self::Remote(text) => Some(text),
            Self::Said(_) => None,
        }
    }
}
