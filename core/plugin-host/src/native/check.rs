//! What a plugin answers, checked before anybody relies on it.

use plugin_api::{Blob, Changes, Error, ErrorKind, Page, Result, Secret, key};

use crate::voice::{clean, cut};

/// The most names in one page of a listing, and the most keys of one poll.
pub(crate) const LIST_MAX: usize = 100_000;
/// The longest text in an answer that is not a key: a token, a cursor, a key id.
const TEXT_BYTES_MAX: usize = 32 << 10;
/// The longest message of an error; the rest is cut off.
const MESSAGE_BYTES_MAX: usize = 1 << 10;
/// The largest wrapped or unwrapped secret, in bytes.
const SECRET_BYTES_MAX: usize = 1 << 20;

/// The plugin broke the contract.
pub(super) fn wrong(why: &str) -> Error {
    Error::new(ErrorKind::Internal, format!("the plugin broke the contract: {why}"))
}

pub(super) fn ensure(holds: bool, why: &str) -> Result<()> {
    if holds { Ok(()) } else { Err(wrong(why)) }
}

/// A message: one line, not too long.
pub(super) fn message(bytes: &[u8]) -> String {
    let start = bytes.get(..MESSAGE_BYTES_MAX).unwrap_or(bytes);
    cut(&clean(&String::from_utf8_lossy(start)), MESSAGE_BYTES_MAX).to_owned()
}

/// A text that is not a key.
pub(super) fn text(what: &str, bytes: &[u8]) -> Result<String> {
    ensure(bytes.len() <= TEXT_BYTES_MAX, &format!("its {what} is too long"))?;
    let text = String::from_utf8(bytes.to_vec());
    text.map_err(|_| wrong(&format!("its {what} is not UTF-8")))
}

/// `count` times a little-endian length and so many bytes, and nothing after them.
pub(super) fn unpack(packed: &[u8], count: u32) -> Result<Vec<String>> {
    let cut_off = || wrong("a list is cut off");
    let count = count as usize;
    ensure(count <= LIST_MAX, &format!("a list has {count} names, the limit is {LIST_MAX}"))?;
    let mut names = Vec::with_capacity(count);
    let mut rest = packed;
    for _ in 0..count {
        let (length, after) = rest.split_first_chunk::<4>().ok_or_else(cut_off)?;
        let length = u32::from_le_bytes(*length) as usize;
        let (name, after) = after.split_at_checked(length).ok_or_else(cut_off)?;
        let name = String::from_utf8(name.to_vec());
        names.push(name.map_err(|_| wrong("a list has a name that is not UTF-8"))?);
        rest = after;
    }
    ensure(rest.is_empty(), "a list is longer than it says")?;
    Ok(names)
}

/// Names in order, after what was asked for, no more than were asked for, each of which makes a key
/// together with the prefix.
pub(super) fn page(page: &Page, prefix: &str, after: &str, limit: usize) -> Result<()> {
    let found = page.keys.len();
    ensure(
        limit == 0 || found <= limit,
        &format!("a listing has {found} names, and {limit} were asked for"),
    )?;
    ensure(!page.more || found > 0, "a listing has more, and no names")?;
    let mut last = after;
    for name in &page.keys {
        ensure(name.as_str() > last, "a listing is not in byte order")?;
        let child = name.strip_suffix('/').unwrap_or(name);
        ensure(!child.contains('/'), "a listing names what is not an immediate child")?;
        let whole = format!("{prefix}{child}");
        ensure(key::check_key(&whole).is_ok(), "a listing has a name that is no key")?;
        last = name;
    }
    Ok(())
}

pub(super) fn changes(changes: &Changes) -> Result<()> {
    let mut keys = changes.keys.iter();
    ensure(keys.all(|it| key::check_key(it).is_ok()), "a poll names what is no key")
}

pub(super) fn wrapped(blob: &Blob) -> Result<()> {
    let bytes = blob.ciphertext.len().max(blob.iv.len());
    ensure(bytes <= SECRET_BYTES_MAX, "a wrapped secret is too long")?;
    ensure(!blob.ciphertext.is_empty(), "a wrapped secret is empty")
}

pub(super) fn secret(bytes: &[u8]) -> Result<Secret<Vec<u8>>> {
    ensure(bytes.len() <= SECRET_BYTES_MAX, "a secret is too long")?;
    Ok(Secret::new(bytes.to_vec()))
}

#[cfg(test)]
mod tests;
