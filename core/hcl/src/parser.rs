//! Makes items of words.

use crate::{
    error::{Cause, Error, Pos, Result},
    json,
    lexer::Lexer,
    model::{Body, Item, Value},
    token::{Kind, Token},
};

/// The longest text that is read.
pub const INPUT_BYTES_MAX: usize = 1 << 20;

/// The most objects and lists within each other.
pub const NESTING_MAX: usize = 64;

/// Reads a text: JSON if its first character is `{`, else HCL.
pub fn parse(text: &str) -> Result<Body> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim_start().starts_with('{') { json::parse_json(text) } else { parse_hcl(text) }
}

/// Reads an HCL text.
pub fn parse_hcl(text: &str) -> Result<Body> {
    check_length(text)?;
    Parser { lexer: Lexer::new(text), peeked: None, depth: 0 }.items(Within::Text)
}

/// Refuses a text over the limit.
pub(crate) fn check_length(text: &str) -> Result<()> {
    if text.len() > INPUT_BYTES_MAX {
        return Err(Error { at: Pos { line: 1, column: 1 }, cause: Cause::TooLong });
    }
    Ok(())
}

/// What the items belong to, and so what ends them.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Within {
    Text,
    Braces,
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    peeked: Option<Token>,
    depth: usize,
}

impl Parser<'_> {
    fn next(&mut self) -> Result<Token> {
        match self.peeked.take() {
            Some(token) => Ok(token),
            None => self.lexer.next(),
        }
    }

    fn peek(&mut self) -> Result<&Kind> {
        let token = self.next()?;
        Ok(&self.peeked.insert(token).kind)
    }

    fn items(&mut self, within: Within) -> Result<Body> {
        let mut body = Body::default();
        loop {
            if within == Within::Braces && matches!(self.peek()?, Kind::CloseBrace) {
                return Ok(body);
            }
            match self.item()? {
                Some(item) => body.items.push(item),
                None => return Ok(body),
            }
            if matches!(self.peek()?, Kind::Comma) {
                self.next()?;
            }
        }
    }

    /// The next item, or nothing at the end of the text.
    fn item(&mut self) -> Result<Option<Item>> {
        let mut keys = Keys::default();
        loop {
            let token = self.next()?;
            let fail = |cause| Err(Error { at: token.at, cause });
            match token.kind {
                Kind::Ident(name) => keys.push(name.clone(), name, token.at),
                Kind::Text(name) => keys.push(format!("{name:?}"), name, token.at),
                Kind::Eof if keys.first.is_none() => return Ok(None),
                Kind::Eof | Kind::CloseBrace if keys.first.is_some() => {
                    return fail(Cause::KeyAlone(keys.written));
                }
                Kind::Assign => match keys.first {
                    None => return fail(Cause::NoKey),
                    Some(_) if !keys.labels.is_empty() => return fail(Cause::LabelledValue),
                    Some((key, at)) => return self.assigned(key, at).map(Some),
                },
                Kind::OpenBrace => match keys.first {
                    None => return fail(Cause::BlockKey),
                    Some((key, at)) => {
                        let value = Value::Object(self.object(token.at)?);
                        let labels = keys.labels;
                        let value_at = token.at;
                        let item = Item { key, labels, value, at, value_at, assigned: false };
                        return Ok(Some(item));
                    }
                },
                other => return fail(Cause::Key(other.name())),
            }
        }
    }

    fn assigned(&mut self, key: String, at: Pos) -> Result<Item> {
        let token = self.next()?;
        let value_at = token.at;
        let value = self.value(token, Cause::Value)?;
        Ok(Item { key, labels: Vec::new(), value, at, value_at, assigned: true })
    }

    /// The value that begins with this word; `otherwise` says why it is none.
    fn value(&mut self, token: Token, otherwise: fn(&'static str) -> Cause) -> Result<Value> {
        Ok(match token.kind {
            Kind::Text(text) | Kind::Heredoc(text) => Value::String(text),
            Kind::Integer(text) | Kind::Float(text) => Value::Number(text),
            Kind::Bool(value) => Value::Bool(value),
            Kind::OpenBrace => Value::Object(self.object(token.at)?),
            Kind::OpenBracket => Value::List(self.list(token.at)?),
            other => return Err(Error { at: token.at, cause: otherwise(other.name()) }),
        })
    }

    fn object(&mut self, at: Pos) -> Result<Body> {
        self.descend(at)?;
        let body = self.items(Within::Braces)?;
        let end = self.next()?;
        if !matches!(end.kind, Kind::CloseBrace) {
            return Err(Error { at: end.at, cause: Cause::OpenObject(end.kind.name()) });
        }
        self.depth = self.depth.saturating_sub(1);
        Ok(body)
    }

    fn list(&mut self, at: Pos) -> Result<Vec<Value>> {
        self.descend(at)?;
        let mut values = Vec::new();
        let mut after_value = false;
        loop {
            let token = self.next()?;
            match token.kind {
                Kind::CloseBracket => break,
                Kind::Comma => after_value = false,
                other if after_value => {
                    return Err(Error { at: token.at, cause: Cause::ListComma(other.name()) });
                }
                kind => {
                    values.push(self.value(Token { kind, at: token.at }, Cause::ListElement)?);
                    after_value = true;
                }
            }
        }
        self.depth = self.depth.saturating_sub(1);
        Ok(values)
    }

    fn descend(&mut self, at: Pos) -> Result<()> {
        self.depth += 1;
        if self.depth > NESTING_MAX {
            return Err(Error { at, cause: Cause::TooDeep });
        }
        Ok(())
    }
}

/// The words before an `=` or a brace.
#[derive(Default)]
struct Keys {
    first: Option<(String, Pos)>,
    labels: Vec<String>,
    written: String,
}

impl Keys {
    fn push(&mut self, written: String, name: String, at: Pos) {
        if self.first.is_none() {
            self.written = written;
            self.first = Some((name, at));
        } else {
            self.written.push(' ');
            self.written.push_str(&written);
            self.labels.push(name);
        }
    }
}

#[cfg(test)]
mod tests;
