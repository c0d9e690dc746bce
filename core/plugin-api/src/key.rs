//! The rules of storage keys, in one place: the host checks them, and the suite tests them.

use crate::{Error, ErrorKind, Result};

/// The longest key, in bytes.
pub const KEY_BYTES_MAX: usize = 32_768;

/// Checks a key: non-empty UTF-8, `/`-separated, no leading or trailing `/`, no empty segment and
/// no `.` or `..` segment, no NUL, at most [`KEY_BYTES_MAX`] bytes.
pub fn check_key(key: &str) -> Result<()> {
    if key.len() > KEY_BYTES_MAX {
        let message = format!("the key has {} bytes, the limit is {KEY_BYTES_MAX}", key.len());
        return Err(Error::new(ErrorKind::TooLarge, message));
    }
    if let Some(why) = fault(key) {
        return Err(Error::new(ErrorKind::InvalidArgument, format!("the key {key:?} {why}")));
    }
    Ok(())
}

/// Checks a listing prefix: empty, or a key followed by `/`.
pub fn check_prefix(prefix: &str) -> Result<()> {
    match prefix.strip_suffix('/') {
        _ if prefix.is_empty() => Ok(()),
        Some(folder) => check_key(folder),
        None => {
            let message = format!("the prefix {prefix:?} must be empty or end in '/'");
            Err(Error::new(ErrorKind::InvalidArgument, message))
        }
    }
}

fn fault(key: &str) -> Option<&'static str> {
    if key.is_empty() {
        return Some("is empty");
    }
    if key.contains('\0') {
        return Some("contains a NUL byte");
    }
    key.split('/').find_map(|segment| match segment {
        "" => Some("has an empty segment"),
        "." | ".." => Some("has a relative segment"),
        _ => None,
    })
}
