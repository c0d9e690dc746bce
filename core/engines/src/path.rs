//! The paths of secrets and folders, as far as they can be keys of the store.

use logical::{Error, Result};
use plugin_api::key::{KEY_BYTES_MAX, check_key};

/// The longest path of a secret, in bytes: a key of the store, less what stands around the path.
pub const PATH_BYTES_MAX: usize = KEY_BYTES_MAX - 256;

/// The path of a secret that is to be written.
pub(crate) fn writable(path: &str) -> Result<&str> {
    named(path)?.ok_or_else(|| Error::invalid("cannot write to a path ending in '/'"))
}

/// The path of a secret; `None` for one that ends like a folder, where no secret can be.
pub(crate) fn named(path: &str) -> Result<Option<&str>> {
    if path.is_empty() || path.ends_with('/') {
        return Ok(None);
    }
    check(path)?;
    Ok(Some(path))
}

/// The path of a folder: empty, or with a slash at its end.
pub(crate) fn folder(path: &str) -> Result<String> {
    let bare = path.strip_suffix('/').unwrap_or(path);
    if bare.is_empty() {
        return Ok(String::new());
    }
    check(bare)?;
    Ok(format!("{bare}/"))
}

fn check(path: &str) -> Result<()> {
    if path.len() > PATH_BYTES_MAX {
        return Err(Error::invalid(format!(
            "the path has {} bytes, the limit is {PATH_BYTES_MAX}",
            path.len()
        )));
    }
    check_key(path).map_err(|_| {
        Error::invalid("the path has an empty segment, a relative segment or a NUL byte")
    })
}

#[cfg(test)]
mod tests;
