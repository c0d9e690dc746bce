//! One pass over a JSON text: its shape, its strings, its depth, an estimate of its memory.

use config::RequestLimits;
use logical::Error;

use crate::json::{JSON_DEPTH_MAX, undecodable};

/// What a value, a member or an entry costs besides its text, in bytes: the size of a node.
const NODE_BYTES: u64 = 64;

/// What may come next.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Next {
    Top,
    FirstEntry,
    Entry,
    AfterEntry,
    FirstName,
    Name,
    Colon,
    Member,
    AfterMember,
    End,
}

impl Next {
    /// How a character in the wrong place is told.
    const fn context(self) -> &'static str {
        match self {
            Self::Top | Self::FirstEntry | Self::Entry | Self::Member | Self::End => {
                " looking for beginning of value"
            }
            Self::AfterEntry => " after array element",
            Self::FirstName => "",
            Self::Name => " looking for beginning of object key string",
            Self::Colon => " after object key",
            Self::AfterMember => " after object key:value pair",
        }
    }
}

/// Refuses a text that is malformed or over a limit. Numbers and words are left to the parser.
pub(super) fn check(text: &[u8], limits: &RequestLimits) -> Result<(), Error> {
    let mut scan = Scan { text, at: 0, open: Vec::new(), strings: 0, memory: 0 };
    let mut next = Next::Top;
    while let Some(byte) = scan.skip_space() {
        next = scan.step(next, byte)?;
        scan.check_limits(limits)?;
    }
    if next == Next::End { Ok(()) } else { Err(undecodable("unexpected EOF")) }
}

struct Scan<'a> {
    text: &'a [u8],
    at: usize,
    /// The containers around this place: whether each is an object.
    open: Vec<bool>,
    strings: u64,
    memory: u64,
}

impl Scan<'_> {
    /// The next byte that is not white space; it is not taken yet.
    fn skip_space(&mut self) -> Option<u8> {
        let rest = self.text.get(self.at..)?;
        let skip = rest.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r'))?;
        self.at += skip;
        rest.get(skip).copied()
    }

    fn step(&mut self, next: Next, byte: u8) -> Result<Next, Error> {
        match (next, byte) {
            (Next::FirstEntry | Next::AfterEntry, b']')
            | (Next::FirstName | Next::AfterMember, b'}') => {
                self.at += 1;
                self.open.pop();
                Ok(self.after_value())
            }
            (Next::AfterEntry, b',') => self.take(Next::Entry),
            (Next::AfterMember, b',') => self.take(Next::Name),
            (Next::Colon, b':') => self.take(Next::Member),
            (Next::FirstName | Next::Name, b'"') => {
                self.string()?;
                Ok(Next::Colon)
            }
            (Next::Top | Next::FirstEntry | Next::Entry | Next::Member, _) => {
                self.value(next, byte)
            }
            _ => Err(misplaced(byte, next)),
        }
    }

    fn take(&mut self, next: Next) -> Result<Next, Error> {
        self.at += 1;
        Ok(next)
    }

    fn value(&mut self, next: Next, byte: u8) -> Result<Next, Error> {
        self.memory += NODE_BYTES;
        match byte {
            b'"' => self.string()?,
            b'{' | b'[' => return self.enter(byte == b'{'),
            b't' | b'f' | b'n' | b'-' | b'0'..=b'9' => self.word(),
            _ => return Err(misplaced(byte, next)),
        }
        Ok(self.after_value())
    }

    fn enter(&mut self, object: bool) -> Result<Next, Error> {
        self.at += 1;
        self.open.push(object);
        if self.open.len() > JSON_DEPTH_MAX {
            return Err(refused("exceeded maximum nesting depth"));
        }
        Ok(if object { Next::FirstName } else { Next::FirstEntry })
    }

    fn after_value(&self) -> Next {
        match self.open.last() {
            None => Next::End,
            Some(true) => Next::AfterMember,
            Some(false) => Next::AfterEntry,
        }
    }

    fn string(&mut self) -> Result<(), Error> {
        let start = self.at + 1;
        let mut at = start;
        loop {
            match self.text.get(at) {
                None => return Err(undecodable("unexpected EOF")),
                Some(b'"') => break,
                Some(b'\\') => at += 2,
                Some(_) => at += 1,
            }
        }
        self.strings += 1;
        self.memory += NODE_BYTES + (at - start) as u64;
        self.at = at + 1;
        Ok(())
    }

    fn word(&mut self) {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let is_part =
            |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
        self.at += rest.iter().position(|byte| !is_part(byte)).unwrap_or(rest.len());
    }

    fn check_limits(&self, limits: &RequestLimits) -> Result<(), Error> {
        if self.strings > limits.max_request_json_strings {
            return Err(refused("exceeded maximum number of strings"));
        }
        if self.memory > limits.max_request_json_memory {
            return Err(refused("exceeded maximum estimated memory limits"));
        }
        Ok(())
    }
}

fn refused(why: &str) -> Error {
    Error::invalid(format!("refused JSON input due to high complexity: {why}"))
}

fn misplaced(byte: u8, next: Next) -> Error {
    let shown = match byte {
        b'\'' => "\\'".to_owned(),
        b'\\' => "\\\\".to_owned(),
        0..0x20 | 0x7f => format!("\\x{byte:02x}"),
        _ => char::from(byte).to_string(),
    };
    undecodable(format_args!("invalid character '{shown}'{}", next.context()))
}
