//! Cuts an HCL text into words.

use crate::{
    cursor::Cursor,
    error::{Cause, Pos, Result},
    token::{Kind, Token},
};

mod quoted;

/// The words of a text, one after the other.
pub(crate) struct Lexer<'a> {
    cursor: Cursor<'a>,
}

impl<'a> Lexer<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { cursor: Cursor::new(text) }
    }

    pub(crate) fn next(&mut self) -> Result<Token> {
        self.skip_blank()?;
        let at = self.cursor.pos();
        let Some(first) = self.cursor.peek() else {
            // The language's first reader tells the end of a text one column further on.
            let at = Pos { line: at.line, column: at.column.saturating_add(1) };
            return Ok(Token { kind: Kind::Eof, at });
        };
        let kind = match first {
            '"' => Kind::Text(quoted::string(&mut self.cursor)?),
            '<' => Kind::Heredoc(quoted::heredoc(&mut self.cursor)?),
            '0'..='9' => self.number()?,
            '-' if self.negative() => self.number()?,
            first if begins_name(first) => match self.cursor.take_while(continues_name) {
                "true" => Kind::Bool(true),
                "false" => Kind::Bool(false),
                name => Kind::Ident(name.to_owned()),
            },
            sign => {
                let kind = punctuation(sign).ok_or_else(|| self.cursor.error(Cause::Character))?;
                self.cursor.bump();
                kind
            }
        };
        Ok(Token { kind, at })
    }

    /// Passes over white space and comments.
    fn skip_blank(&mut self) -> Result<()> {
        loop {
            self.cursor.take_while(|c| matches!(c, ' ' | '\t' | '\r' | '\n'));
            match self.cursor.peek() {
                Some('#') => self.skip_line(),
                Some('/') => {
                    if self.cursor.eat("//") {
                        self.skip_line();
                    } else if self.cursor.eat("/*") {
                        self.skip_to_comment_end()?;
                    } else {
                        return Err(self.cursor.error(Cause::Slash));
                    }
                }
                Some(_) | None => return Ok(()),
            }
        }
    }

    fn skip_line(&mut self) {
        self.cursor.take_while(|c| c != '\n');
    }

    fn skip_to_comment_end(&mut self) -> Result<()> {
        while !self.cursor.eat("*/") {
            if self.cursor.bump().is_none() {
                return Err(self.cursor.error(Cause::OpenComment));
            }
        }
        Ok(())
    }

    fn negative(&self) -> bool {
        self.cursor.rest().chars().nth(1).is_some_and(|c| c.is_ascii_digit())
    }

    /// An integer, a hexadecimal integer, or a float with a fraction or an exponent.
    fn number(&mut self) -> Result<Kind> {
        let start = self.cursor.rest();
        self.cursor.eat("-");
        if self.cursor.eat("0x") || self.cursor.eat("0X") {
            if self.cursor.take_while(|c| c.is_ascii_hexdigit()).is_empty() {
                return Err(self.cursor.error(Cause::Number));
            }
            return Ok(Kind::Integer(self.cursor.since(start).to_owned()));
        }
        self.digits();
        let mut float = false;
        if self.cursor.eat(".") {
            float = true;
            self.digits();
        }
        if self.cursor.eat("e") || self.cursor.eat("E") {
            float = true;
            if !self.cursor.eat("-") {
                self.cursor.eat("+");
            }
            if self.digits().is_empty() {
                return Err(self.cursor.error(Cause::Number));
            }
        }
        let text = self.cursor.since(start).to_owned();
        Ok(if float { Kind::Float(text) } else { Kind::Integer(text) })
    }

    fn digits(&mut self) -> &'a str {
        self.cursor.take_while(|c| c.is_ascii_digit())
    }
}

fn begins_name(c: char) -> bool {
    c == '_' || c.is_alphabetic()
}

fn continues_name(c: char) -> bool {
    begins_name(c) || c.is_numeric() || c == '-' || c == '.'
}

fn punctuation(c: char) -> Option<Kind> {
    Some(match c {
        '{' => Kind::OpenBrace,
        '}' => Kind::CloseBrace,
        '[' => Kind::OpenBracket,
        ']' => Kind::CloseBracket,
        ',' => Kind::Comma,
        '=' => Kind::Assign,
        '+' => Kind::Plus,
        '-' => Kind::Minus,
        '.' => Kind::Period,
        _ => return None,
    })
}
