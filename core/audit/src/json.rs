//! Writes JSON objects member by member into one buffer: the members of a line have a fixed order
//! and most are left out when empty, and a request must not pay for a tree of values.

use std::io::Write;

use crypto::Hmac;
use serde_json::Value;

/// An object that is being written.
pub(crate) struct Members<'o> {
    out: &'o mut Vec<u8>,
    comma: bool,
}

impl<'o> Members<'o> {
    /// Begins an object.
    pub(crate) fn begin(out: &'o mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, comma: false }
    }

    /// Goes on with an object whose last bytes are in another buffer.
    pub(crate) fn resume(out: &'o mut Vec<u8>) -> Self {
        Self { out, comma: true }
    }

    /// Ends the object.
    pub(crate) fn end(self) {
        self.out.push(b'}');
    }

    /// The place for the value of a member.
    pub(crate) fn key(&mut self, name: &str) -> &mut Vec<u8> {
        if self.comma {
            self.out.push(b',');
        }
        self.comma = true;
        string(self.out, name);
        self.out.push(b':');
        self.out
    }

    /// A text, in clear; left out if empty.
    pub(crate) fn text(&mut self, name: &str, value: &str) {
        if !value.is_empty() {
            string(self.key(name), value);
        }
    }

    /// A number; left out if zero.
    pub(crate) fn number(&mut self, name: &str, value: i64) {
        if value != 0 {
            // Writing to a vector cannot fail.
            let _ = write!(self.key(name), "{value}");
        }
    }

    /// A list of texts, in clear; left out if empty.
    pub(crate) fn texts(&mut self, name: &str, values: &[String]) {
        if values.is_empty() {
            return;
        }
        let out = self.key(name);
        array(out, values, |out, value| string(out, value));
    }

    /// What was written elsewhere.
    pub(crate) fn written(&mut self, name: &str, value: &[u8]) {
        self.key(name).extend_from_slice(value);
    }
}

/// A list.
pub(crate) fn array<T>(out: &mut Vec<u8>, items: &[T], mut write: impl FnMut(&mut Vec<u8>, &T)) {
    out.push(b'[');
    for (n, item) in items.iter().enumerate() {
        if n > 0 {
            out.push(b',');
        }
        write(out, item);
    }
    out.push(b']');
}

/// A text in quotes.
pub(crate) fn string(out: &mut Vec<u8>, value: &str) {
    let plain = |byte: u8| byte >= 0x20 && byte != b'"' && byte != b'\\';
    if value.bytes().all(plain) {
        out.push(b'"');
        out.extend_from_slice(value.as_bytes());
        out.push(b'"');
    } else {
        scalar(out, &Value::from(value));
    }
}

/// A value without parts, in clear.
pub(crate) fn scalar(out: &mut Vec<u8>, value: &Value) {
    // Writing to a vector cannot fail.
    let _ = serde_json::to_writer(out, value);
}

/// The HMAC of a text, in quotes.
pub(crate) fn hashed(out: &mut Vec<u8>, hmac: &Hmac, value: &str) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.extend_from_slice(b"\"hmac-sha256:");
    for byte in hmac.sign(value.as_bytes()) {
        out.extend(
            [byte >> 4, byte & 15].map(|n| HEX.get(usize::from(n)).copied().unwrap_or(b'0')),
        );
    }
    out.push(b'"');
}
