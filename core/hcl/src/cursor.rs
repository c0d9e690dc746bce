//! A place in a text that moves forward one character at a time and counts lines and columns.

use std::str::Chars;

use crate::error::{Cause, Error, Pos};

/// What is left of a text.
pub(crate) struct Cursor<'a> {
    rest: Chars<'a>,
    pos: Pos,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { rest: text.chars(), pos: Pos { line: 1, column: 1 } }
    }

    pub(crate) fn pos(&self) -> Pos {
        self.pos
    }

    pub(crate) fn rest(&self) -> &'a str {
        self.rest.as_str()
    }

    pub(crate) fn peek(&self) -> Option<char> {
        self.rest.clone().next()
    }

    pub(crate) fn bump(&mut self) -> Option<char> {
        let next = self.rest.next()?;
        if next == '\n' {
            self.pos = Pos { line: self.pos.line.saturating_add(1), column: 1 };
        } else {
            self.pos.column = self.pos.column.saturating_add(1);
        }
        Some(next)
    }

    /// Takes the text if it is next.
    pub(crate) fn eat(&mut self, text: &str) -> bool {
        let found = self.rest().starts_with(text);
        if found {
            text.chars().for_each(|_| {
                self.bump();
            });
        }
        found
    }

    /// Takes characters for as long as they are wanted.
    pub(crate) fn take_while(&mut self, mut wanted: impl FnMut(char) -> bool) -> &'a str {
        let start = self.rest();
        while self.peek().is_some_and(&mut wanted) {
            self.bump();
        }
        self.since(start)
    }

    /// What was taken since `start`, an earlier [`rest`](Self::rest).
    pub(crate) fn since(&self, start: &'a str) -> &'a str {
        start.get(..start.len().saturating_sub(self.rest().len())).unwrap_or_default()
    }

    pub(crate) fn error(&self, cause: Cause) -> Error {
        Error { at: self.pos, cause }
    }
}
