//! The words that an HCL text is made of.

use crate::error::Pos;

/// One word and its place.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) at: Pos,
}

/// What a word is.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Eof,
    Ident(String),
    Text(String),
    Heredoc(String),
    Integer(String),
    Float(String),
    Bool(bool),
    OpenBrace,
    CloseBrace,
    OpenBracket,
    CloseBracket,
    Comma,
    Assign,
    Plus,
    Minus,
    Period,
}

impl Kind {
    /// The name in error texts.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Eof => "EOF",
            Self::Ident(_) => "IDENT",
            Self::Text(_) => "STRING",
            Self::Heredoc(_) => "HEREDOC",
            Self::Integer(_) => "NUMBER",
            Self::Float(_) => "FLOAT",
            Self::Bool(_) => "BOOL",
            Self::OpenBrace => "LBRACE",
            Self::CloseBrace => "RBRACE",
            Self::OpenBracket => "LBRACK",
            Self::CloseBracket => "RBRACK",
            Self::Comma => "COMMA",
            Self::Assign => "ASSIGN",
            Self::Plus => "ADD",
            Self::Minus => "SUB",
            Self::Period => "PERIOD",
        }
    }
}
