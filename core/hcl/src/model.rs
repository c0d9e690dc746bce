//! What a text says: items in their order, with their places.

use crate::error::{Cause, Error, Pos, Result};

/// The items between two braces, or of a whole text, in the order in which they were written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Body {
    /// The items; a key may come more than once.
    pub items: Vec<Item>,
}

/// `key = value`, or `key "label" { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// The first word.
    pub key: String,
    /// The names between the key and the brace.
    pub labels: Vec<String>,
    /// The value; an object for a block.
    pub value: Value,
    /// Where the key stands.
    pub at: Pos,
    /// Where the value begins.
    pub value_at: Pos,
    /// Whether it was written with `=` (in JSON: always).
    pub assigned: bool,
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A string, its escapes resolved.
    String(String),
    /// A number, as it was written.
    Number(String),
    /// True or false.
    Bool(bool),
    /// A list.
    List(Vec<Self>),
    /// An object or the body of a block.
    Object(Body),
}

/// A block as [`Body::blocks`] sees it, in whichever way it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Block<'a> {
    /// Its names.
    pub labels: Vec<&'a str>,
    /// What is in it.
    pub body: &'a Body,
    /// Where it begins.
    pub at: Pos,
}

// === impl Body ===

impl Body {
    /// The last item with this key.
    pub fn last(&self, key: &str) -> Option<&Item> {
        self.items.iter().rev().find(|item| item.key == key)
    }

    /// All blocks with this key and this many names.
    ///
    /// Names may also be written as the keys of objects, and several blocks as a list, which is
    /// how JSON says it: `{"path": {"a": {…}, "b": {…}}}`, `{"listener": [{"tcp": {…}}]}`.
    pub fn blocks(&self, key: &str, labels: usize) -> Result<Vec<Block<'_>>> {
        let mut blocks = Vec::new();
        for item in self.items.iter().filter(|item| item.key == key) {
            blocks.extend(item.blocks(labels)?);
        }
        Ok(blocks)
    }
}

// === impl Item ===

impl Item {
    /// The blocks that this item is, each with this many names.
    pub fn blocks(&self, labels: usize) -> Result<Vec<Block<'_>>> {
        let mut blocks = Vec::new();
        let names = self.labels.iter().map(String::as_str).collect();
        descend(self, names, &self.value, labels, &mut blocks).ok_or_else(|| Error {
            at: self.at,
            cause: Cause::Labels { key: self.key.clone(), labels },
        })?;
        Ok(blocks)
    }
}

/// Goes down through objects and lists until a block has all its names.
fn descend<'a>(
    item: &'a Item,
    names: Vec<&'a str>,
    value: &'a Value,
    labels: usize,
    blocks: &mut Vec<Block<'a>>,
) -> Option<()> {
    match value {
        Value::Object(body) if names.len() == labels => {
            blocks.push(Block { labels: names, body, at: item.at });
            Some(())
        }
        Value::Object(body) if names.len() < labels => body.items.iter().try_for_each(|inner| {
            let mut names = names.clone();
            names.push(&inner.key);
            names.extend(inner.labels.iter().map(String::as_str));
            descend(inner, names, &inner.value, labels, blocks)
        }),
        Value::List(values) => {
            values.iter().try_for_each(|value| descend(item, names.clone(), value, labels, blocks))
        }
        Value::Object(_) | Value::String(_) | Value::Number(_) | Value::Bool(_) => None,
    }
}

// === impl Value ===

impl Value {
    /// The word for what it is, for error texts.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::String(_) => "a string",
            Self::Number(_) => "a number",
            Self::Bool(_) => "a boolean",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        }
    }

    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            Self::Number(_) | Self::Bool(_) | Self::List(_) | Self::Object(_) => None,
        }
    }

    /// A string, a number or a boolean as text.
    pub fn scalar(&self) -> Option<&str> {
        match self {
            Self::String(text) | Self::Number(text) => Some(text),
            Self::Bool(true) => Some("true"),
            Self::Bool(false) => Some("false"),
            Self::List(_) | Self::Object(_) => None,
        }
    }
}

#[cfg(test)]
mod tests;
