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

    /// The place for the value of a member whose name is ours, without anything to escape in it.
    pub(crate) fn key(&mut self, name: &'static str) -> &mut Vec<u8> {
        self.comma();
        quoted(self.out, name);
        self.out.push(b':');
        self.out
    }

    /// The place for the value of a member whose name is somebody else's.
    pub(crate) fn name(&mut self, name: &str) -> &mut Vec<u8> {
        self.comma();
        string(self.out, name);
        self.out.push(b':');
        self.out
    }

    fn comma(&mut self) {
        if self.comma {
            self.out.push(b',');
        }
        self.comma = true;
    }

    /// A text, in clear; left out if empty.
    pub(crate) fn text(&mut self, name: &'static str, value: &str) {
        if !value.is_empty() {
            string(self.key(name), value);
        }
    }

    /// A number; left out if zero.
    pub(crate) fn number(&mut self, name: &'static str, value: i64) {
        if value != 0 {
            // Writing to a vector cannot fail.
            let _ = write!(self.key(name), "{value}");
        }
    }

    /// A list of texts, in clear; left out if empty.
    pub(crate) fn texts(&mut self, name: &'static str, values: &[String]) {
        if values.is_empty() {
            return;
        }
        let out = self.key(name);
        array(out, values, |out, value| string(out, value));
    }

    /// What was written elsewhere.
    pub(crate) fn written(&mut self, name: &'static str, value: &[u8]) {
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
    let special = |byte: u8| byte < 0x20 || byte == b'"' || byte == b'\\';
    // Without a way out early the loop looks at many bytes at a time.
    if value.bytes().fold(false, |found, byte| found | special(byte)) {
        scalar(out, &Value::from(value));
    } else {
        quoted(out, value);
    }
}

fn quoted(out: &mut Vec<u8>, plain: &str) {
    out.push(b'"');
    out.extend_from_slice(plain.as_bytes());
    out.push(b'"');
}

/// A value without parts, in clear.
pub(crate) fn scalar(out: &mut Vec<u8>, value: &Value) {
    // Writing to a vector cannot fail.
    let _ = serde_json::to_writer(out, value);
}

/// The HMAC of a text, in quotes.
pub(crate) fn hashed(out: &mut Vec<u8>, hmac: &Hmac, value: &str) {
    out.extend_from_slice(b"\"hmac-sha256:");
    out.extend_from_slice(&hmac.sign_digits(value.as_bytes()));
    out.push(b'"');
}
