//! Where a key's file is, and which key a file is of.
//!
//! As in Vault: folders are path elements, and the last element has a `_` before it, so that a key
//! and a folder of one name live side by side. Vault's layout has two gaps, which are closed here:
//!
//! - The folder `_x` would collide with the key `x`: a folder that begins with `_` or `%` has a `%`
//!   before it.
//! - An element over 255 bytes fits no file system: `%+` before a folder marks the beginning of an
//!   element that goes on inside.
//!
//! No key maps to the folder `_` at the root: there the store keeps its own files.

use std::path::PathBuf;

/// The longest key: with every element at its longest form it still fits a path of 4,096 bytes.
pub(crate) const KEY_BYTES_MAX: usize = 2_048;
/// The longest path of the root: what the longest key leaves of 4,096 bytes.
pub(crate) const ROOT_BYTES_MAX: usize = 900;
/// The store's own folder at the root.
pub(crate) const OWN: &str = "_";

/// The most bytes of an element that are not cut; with its mark it stays below 255.
const ELEMENT_BYTES_MAX: usize = 250;
/// How many bytes are cut off a longer one.
const PART_BYTES: usize = 200;

/// What a name in a folder stands for.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Name<'a> {
    /// The last element of a key.
    Leaf(&'a str),
    /// A folder of keys.
    Folder(&'a str),
    /// The beginning of an element that goes on inside.
    Part(&'a str),
    /// Not ours.
    Foreign,
}

/// The file of a key, relative to the root.
pub(crate) fn file_of(key: &str) -> PathBuf {
    let (folder, leaf) = key.rsplit_once('/').unwrap_or(("", key));
    let mut path = folder_of(folder);
    let rest = push_parts(&mut path, leaf);
    path.push(format!("_{rest}"));
    path
}

/// The folder of a prefix (with or without its last `/`), relative to the root.
pub(crate) fn folder_of(prefix: &str) -> PathBuf {
    let mut path = PathBuf::new();
    for element in prefix.split('/').filter(|element| !element.is_empty()) {
        let rest = push_parts(&mut path, element);
        if rest.starts_with(['_', '%']) {
            path.push(format!("%{rest}"));
        } else {
            path.push(rest);
        }
    }
    path
}

/// What the name of a file or folder stands for.
pub(crate) fn name_of(name: &str, is_folder: bool) -> Name<'_> {
    if !is_folder {
        return match name.strip_prefix('_') {
            Some("") | None => Name::Foreign,
            Some(leaf) => Name::Leaf(leaf),
        };
    }
    if let Some(part) = name.strip_prefix("%+") {
        return Name::Part(part);
    }
    if name.starts_with('_') {
        return Name::Foreign;
    }
    match name.strip_prefix('%') {
        Some(folder) if folder.starts_with(['_', '%']) => Name::Folder(folder),
        Some(_) => Name::Foreign,
        None => Name::Folder(name),
    }
}

/// What a folder that Vault has made must be called here; `None` if it is called so already.
pub(crate) fn adopted(name: &str) -> Option<String> {
    let ours = ["%_", "%%", "%+"].iter().any(|mark| name.starts_with(mark));
    (name.starts_with(['_', '%']) && !ours).then(|| format!("%{name}"))
}

/// Pushes the beginnings of a long element, and gives what is left of it.
fn push_parts<'a>(path: &mut PathBuf, element: &'a str) -> &'a str {
    let mut rest = element;
    while rest.len() > ELEMENT_BYTES_MAX {
        let (part, tail) = rest.split_at(rest.floor_char_boundary(PART_BYTES));
        path.push(format!("%+{part}"));
        rest = tail;
    }
    rest
}
