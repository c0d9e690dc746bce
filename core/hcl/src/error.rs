//! What is wrong with a text, and where.

use std::fmt;

use crate::parser::{INPUT_BYTES_MAX, NESTING_MAX};

/// What reading answers.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A place in a text; both numbers count from 1, columns in characters.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Pos {
    /// The line.
    pub line: u32,
    /// The column.
    pub column: u32,
}

impl fmt::Display for Pos {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// A text that cannot be read.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("At {at}: {cause}")]
pub struct Error {
    /// Where.
    pub at: Pos,
    /// Why.
    pub cause: Cause,
}

/// Why a text cannot be read. The words in capitals are the names of tokens.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Cause {
    /// Longer than the limit.
    #[error("the text is longer than {INPUT_BYTES_MAX} bytes")]
    TooLong,
    /// Objects and lists within each other, beyond the limit.
    #[error("more than {NESTING_MAX} objects and lists within each other")]
    TooDeep,
    /// A character that begins nothing.
    #[error("illegal character")]
    Character,
    /// A string that does not end on its line.
    #[error("literal not terminated")]
    OpenString,
    /// An escape that is not known.
    #[error("illegal char escape")]
    Escape,
    /// A comment that does not end.
    #[error("comment not terminated")]
    OpenComment,
    /// A lone slash.
    #[error("expected '/' for comment")]
    Slash,
    /// Digits that are no number.
    #[error("malformed number")]
    Number,
    /// `<<` without a name.
    #[error("zero-length heredoc anchor")]
    HeredocName,
    /// A heredoc whose name does not come again.
    #[error("heredoc not terminated")]
    OpenHeredoc,
    /// Something else where a key must be.
    #[error("expected: IDENT | STRING | ASSIGN | LBRACE got: {0}")]
    Key(&'static str),
    /// A block without a key.
    #[error("expected: IDENT | STRING got: LBRACE")]
    BlockKey,
    /// An `=` without a key.
    #[error("no object keys found!")]
    NoKey,
    /// `a "b" = …`.
    #[error("nested object expected: LBRACE got: ASSIGN")]
    LabelledValue,
    /// A key and nothing after it.
    #[error("key '{0}' expected start of object ('{{') or assignment ('=')")]
    KeyAlone(String),
    /// Something else where a value must be.
    #[error("expected a value, got: {0}")]
    Value(&'static str),
    /// An object that does not end.
    #[error("object expected closing RBRACE got: {0}")]
    OpenObject(&'static str),
    /// Two elements with nothing between them.
    #[error("error parsing list, expected comma or list end, got: {0}")]
    ListComma(&'static str),
    /// Something else in a list.
    #[error("unexpected token while parsing list: {0}")]
    ListElement(&'static str),
    /// JSON that is none.
    #[error("invalid JSON: expected {0}")]
    Json(&'static str),
    /// A block with too few or too many names.
    #[error("{key} must be a block with {labels} name(s) before its brace")]
    Labels {
        /// The block's key.
        key: String,
        /// How many names it must have.
        labels: usize,
    },
}
