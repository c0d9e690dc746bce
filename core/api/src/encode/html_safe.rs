//! JSON whose strings can stand in a web page: `<`, `>`, `&` and the two Unicode line ends are
//! escaped, as every server of this API does it; other Unicode stays as it is.

use std::io;

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

/// Writes a value at the end of a buffer.
pub(crate) fn write<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) {
    let before = out.len();
    if let Err(error) = value.serialize(&mut Serializer::with_formatter(&mut *out, HtmlSafe)) {
        // Only a value that is no JSON at all ends here, such as a map without text keys.
        tracing::error!(%error, "an answer could not be written as JSON");
        out.truncate(before);
        out.extend_from_slice(b"null");
    }
}

struct HtmlSafe;

impl Formatter for HtmlSafe {
    fn write_string_fragment<W>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()>
    where
        W: io::Write + ?Sized,
    {
        let mut rest = fragment.as_bytes();
        // Most texts hold nothing to escape; without a way out early the loop looks at many bytes
        // at a time.
        if !rest.iter().fold(false, |found, byte| found | is_special(*byte)) {
            return writer.write_all(rest);
        }
        while let Some(at) = rest.iter().position(|byte| is_special(*byte)) {
            let (clean, from) = rest.split_at(at);
            writer.write_all(clean)?;
            let (escape, taken) = escape(from);
            writer.write_all(escape)?;
            rest = from.get(taken..).unwrap_or_default();
        }
        writer.write_all(rest)
    }
}

/// Whether an escape may begin here.
const fn is_special(byte: u8) -> bool {
    matches!(byte, b'<' | b'>' | b'&' | 0xe2)
}

/// What stands for the beginning of `bytes`, and how many of them.
fn escape(bytes: &[u8]) -> (&[u8], usize) {
    match bytes {
        [b'<', ..] => (b"\\u003c", 1),
        [b'>', ..] => (b"\\u003e", 1),
        [b'&', ..] => (b"\\u0026", 1),
        [0xe2, 0x80, 0xa8, ..] => (b"\\u2028", 3),
        [0xe2, 0x80, 0xa9, ..] => (b"\\u2029", 3),
        _ => (bytes.get(..1).unwrap_or_default(), 1),
    }
}
