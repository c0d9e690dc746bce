//! The JSON form of the language. A reader of our own, because the lines are wanted in errors and
//! a key may come twice.

use crate::{
    cursor::Cursor,
    error::{Cause, Result},
    model::{Body, Item, Value},
    parser::{NESTING_MAX, check_length},
};

/// Reads a JSON text; its outermost value must be an object. A member that is `null` is left out.
pub fn parse_json(text: &str) -> Result<Body> {
    check_length(text)?;
    let mut reader = Reader { cursor: Cursor::new(text), depth: 0 };
    reader.skip_blank();
    let body = reader.object()?;
    reader.skip_blank();
    match reader.cursor.peek() {
        None => Ok(body),
        Some(_) => Err(reader.cursor.error(Cause::Json("the end of the text"))),
    }
}

struct Reader<'a> {
    cursor: Cursor<'a>,
    depth: usize,
}

impl Reader<'_> {
    fn skip_blank(&mut self) {
        self.cursor.take_while(|c| matches!(c, ' ' | '\t' | '\r' | '\n'));
    }

    fn expect(&mut self, sign: &str, what: &'static str) -> Result<()> {
        self.skip_blank();
        if self.cursor.eat(sign) { Ok(()) } else { Err(self.cursor.error(Cause::Json(what))) }
    }

    fn object(&mut self) -> Result<Body> {
        self.descend()?;
        self.expect("{", "'{'")?;
        let mut body = Body::default();
        self.skip_blank();
        if self.cursor.eat("}") {
            self.depth = self.depth.saturating_sub(1);
            return Ok(body);
        }
        loop {
            body.items.extend(self.member()?);
            self.skip_blank();
            if self.cursor.eat("}") {
                self.depth = self.depth.saturating_sub(1);
                return Ok(body);
            }
            self.expect(",", "',' or '}'")?;
        }
    }

    fn member(&mut self) -> Result<Option<Item>> {
        self.skip_blank();
        let at = self.cursor.pos();
        let key = self.string()?;
        self.expect(":", "':'")?;
        self.skip_blank();
        let value_at = self.cursor.pos();
        let labels = Vec::new();
        Ok(self.value()?.map(|value| Item { key, labels, value, at, value_at, assigned: true }))
    }

    /// A value, or nothing for `null`.
    fn value(&mut self) -> Result<Option<Value>> {
        self.skip_blank();
        Ok(Some(match self.cursor.peek() {
            Some('{') => Value::Object(self.object()?),
            Some('[') => Value::List(self.list()?),
            Some('"') => Value::String(self.string()?),
            Some('-' | '0'..='9') => Value::Number(self.number()?),
            _ if self.cursor.eat("true") => Value::Bool(true),
            _ if self.cursor.eat("false") => Value::Bool(false),
            _ if self.cursor.eat("null") => return Ok(None),
            _ => return Err(self.cursor.error(Cause::Json("a value"))),
        }))
    }

    fn list(&mut self) -> Result<Vec<Value>> {
        self.descend()?;
        self.expect("[", "'['")?;
        let mut values = Vec::new();
        self.skip_blank();
        if self.cursor.eat("]") {
            self.depth = self.depth.saturating_sub(1);
            return Ok(values);
        }
        loop {
            values.extend(self.value()?);
            self.skip_blank();
            if self.cursor.eat("]") {
                self.depth = self.depth.saturating_sub(1);
                return Ok(values);
            }
            self.expect(",", "',' or ']'")?;
        }
    }

    fn string(&mut self) -> Result<String> {
        let fault = self.cursor.error(Cause::Json("a string"));
        let start = self.cursor.rest();
        if !self.cursor.eat("\"") {
            return Err(fault);
        }
        loop {
            match self.cursor.bump() {
                Some('"') => break,
                Some('\\') => {
                    self.cursor.bump();
                }
                Some(_) => {}
                None => return Err(self.cursor.error(Cause::OpenString)),
            }
        }
        serde_json::from_str(self.cursor.since(start)).map_err(|_| fault)
    }

    fn number(&mut self) -> Result<String> {
        let fault = self.cursor.error(Cause::Number);
        let text = self
            .cursor
            .take_while(|c| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E'));
        match serde_json::from_str::<serde_json::Number>(text) {
            Ok(_) => Ok(text.to_owned()),
            Err(_) => Err(fault),
        }
    }

    fn descend(&mut self) -> Result<()> {
        self.depth += 1;
        if self.depth > NESTING_MAX {
            return Err(self.cursor.error(Cause::TooDeep));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
