//! Why a text is no policy. The texts are the ones that clients of Vault and OpenBao know.

use std::fmt;

use hcl::{Pos, units::UnitError};

/// What parsing answers.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A text that is no policy.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Neither HCL nor JSON.
    #[error("failed to parse policy: {0}")]
    Syntax(#[from] hcl::Error),
    /// Keys that are not known; for a rule's, the path.
    #[error("failed to parse policy: {}", Keys(path.as_deref(), keys))]
    UnknownKeys {
        /// The rule, or nothing for the outermost keys.
        path: Option<String>,
        /// Each key with the line of its `=`, or 0.
        keys: Vec<(String, u32)>,
    },
    /// A value of another kind than the key wants.
    #[error("failed to parse policy: path {path:?}: At {at}: expected {wanted}, got {found}")]
    Kind {
        /// The rule.
        path: String,
        /// Where the value begins.
        at: Pos,
        /// What it should be.
        wanted: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// `+*`.
    #[error("failed to parse policy: path {0:?}: invalid use of wildcards ('+*' is forbidden)")]
    Wildcards(String),
    /// `{{` without `}}`, or the other way round.
    #[error(
        "failed to parse policy: failed to validate policy templating: unbalanced templating characters"
    )]
    Template,
    /// A word that is no capability.
    #[error("failed to parse policy: path {path:?}: invalid capability {word:?}")]
    Capability {
        /// The rule.
        path: String,
        /// The word.
        word: String,
    },
    /// A word that is not one of the old `policy = "…"`.
    #[error("failed to parse policy: path {path:?}: invalid policy {word:?}")]
    OldPolicy {
        /// The rule.
        path: String,
        /// The word.
        word: String,
    },
    /// A wrapping TTL that is no duration.
    #[error("failed to parse policy: error parsing {key}: {cause}")]
    WrappingTtl {
        /// Which of the two.
        key: &'static str,
        /// Why.
        cause: UnitError,
    },
    /// The longest wrapping TTL is shorter than the shortest.
    #[error("failed to parse policy: max_wrapping_ttl cannot be less than min_wrapping_ttl")]
    WrappingOrder,
    /// An expiration that is no time.
    #[error(
        "failed to parse policy: path {path:?}: invalid expiration time: {text:?} is neither an RFC 3339 time nor seconds since 1970"
    )]
    Expiration {
        /// The rule.
        path: String,
        /// What was written.
        text: String,
    },
    /// A list filter on a rule that cannot list.
    #[error(
        "failed to parse policy: list_scan_response_keys_filter_path needs to be used on a path with the list capability"
    )]
    FilterWithoutList,
    /// A list filter with a template that is not understood.
    #[error(
        "failed to parse policy: unable to compile template for list_scan_response_keys_filter_path: only {{{{ .path }}}} and {{{{ .key }}}} may stand in braces"
    )]
    FilterTemplate,
    /// A list filter that does not look at the key.
    #[error(
        "failed to parse policy: list_scan_response_keys_filter_path resulted in same path for two different keys"
    )]
    FilterWithoutKey,
}

/// The list of unknown keys in the form that clients know.
struct Keys<'a>(Option<&'a str>, &'a [(String, u32)]);

impl fmt::Display for Keys<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.1.len() {
            1 => f.write_str("1 error occurred:")?,
            count => write!(f, "{count} errors occurred:")?,
        }
        for (key, line) in self.1 {
            f.write_str("\n\t* ")?;
            if let Some(path) = self.0 {
                write!(f, "path {path:?}: ")?;
            }
            write!(f, "invalid key {key:?} on line {line}")?;
        }
        f.write_str("\n\n")
    }
}
