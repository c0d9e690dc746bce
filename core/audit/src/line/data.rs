//! What clients and engines said, with the texts in it hashed.

use logical::Data;
use serde_json::Value;

use super::Style;
use crate::json::{self, Members};

/// What stays in clear in data.
#[derive(Clone, Copy)]
pub(super) struct Clear<'a> {
    /// Whole members, at the top.
    pub keys: &'a [String],
    /// Members that hold times, at any depth.
    pub times: &'a [&'a str],
}

impl Style {
    /// The members of request or response data.
    pub(super) fn data(&self, out: &mut Vec<u8>, data: &Data, clear: Clear<'_>) {
        let mut members = Members::begin(out);
        for (name, value) in data {
            let out = members.name(name);
            if self.raw || clear.keys.iter().any(|key| key == name) {
                json::scalar(out, value);
            } else {
                self.value(out, value, clear.times.contains(&name.as_str()), clear.times);
            }
        }
        members.end();
    }

    /// Hashes every text, at any depth, but for times.
    fn value(&self, out: &mut Vec<u8>, value: &Value, is_time: bool, times: &[&str]) {
        match value {
            Value::String(text) if !is_time => json::hashed(out, &self.hmac, text),
            Value::Array(items) => {
                json::array(out, items, |out, item| self.value(out, item, is_time, times));
            }
            Value::Object(all) => {
                let mut members = Members::begin(out);
                for (name, member) in all {
                    self.value(members.name(name), member, times.contains(&name.as_str()), times);
                }
                members.end();
            }
            other => json::scalar(out, other),
        }
    }

    /// A text of the client or the store.
    pub(super) fn text(&self, out: &mut Vec<u8>, text: &str) {
        if self.raw {
            json::string(out, text);
        } else {
            json::hashed(out, &self.hmac, text);
        }
    }

    /// A token, ready to be written; nothing if there is none.
    pub(super) fn secret(&self, text: &str) -> Vec<u8> {
        let mut out = Vec::new();
        if !text.is_empty() {
            self.text(&mut out, text);
        }
        out
    }

    /// An accessor, ready to be written; nothing if there is none.
    pub(super) fn accessor(&self, text: &str) -> Vec<u8> {
        if self.hmac_accessor || text.is_empty() {
            return self.secret(text);
        }
        let mut out = Vec::new();
        json::string(&mut out, text);
        out
    }
}

/// A listing with the number of names in their place.
pub(super) fn elided(data: &Data) -> Data {
    let count = |value: &Value| match value {
        Value::Array(items) => Value::from(items.len()),
        Value::Object(members) => Value::from(members.len()),
        other => other.clone(),
    };
    let elide = |(name, value): (&String, &Value)| match name.as_str() {
        "keys" | "key_info" => (name.clone(), count(value)),
        _ => (name.clone(), value.clone()),
    };
    data.iter().map(elide).collect()
}
