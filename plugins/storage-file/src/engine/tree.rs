//! The tree of keys: reading a file, listing a folder, placing and removing files.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use plugin_api::Page;

use crate::{
    FileError,
    engine::{
        entry, folder,
        layout::{self, Name},
    },
};

/// The value of a key.
pub(crate) fn read(root: &Path, key: &str) -> Result<Option<Bytes>, FileError> {
    let path = root.join(layout::file_of(key));
    let content = match fs::read(&path) {
        Ok(content) => content,
        Err(error) if is_missing(&error) => return Ok(None),
        Err(error) => return Err(FileError::io("read", &path, error)),
    };
    match entry::decode(&content) {
        Ok(value) => Ok(Some(value)),
        Err(why) => Err(FileError::CorruptEntry { key: key.to_owned(), why }),
    }
}

/// One page of the names below a prefix. However large the folder, no more names than the page
/// needs are held.
pub(crate) fn list(
    root: &Path,
    prefix: &str,
    after: &str,
    limit: usize,
) -> Result<Page, FileError> {
    let mut page = BTreeSet::new();
    let mut more = false;
    let mut take = |name: String| {
        let beyond = page.len() >= limit && page.last().is_some_and(|last| *last < name);
        if name.as_str() <= after {
            return;
        }
        more |= beyond;
        if !beyond && page.insert(name) && page.len() > limit {
            page.pop_last();
            more = true;
        }
    };
    collect(&root.join(layout::folder_of(prefix)), "", &mut take)?;
    Ok(Page { keys: page.into_iter().collect(), more })
}

/// Puts a file where the key's file is, replacing what was there.
pub(crate) fn place(new: &Path, path: &Path) -> Result<(), FileError> {
    let mut result = fs::rename(new, path);
    if let (Err(error), Some(parent)) = (&result, path.parent())
        && is_missing(error)
    {
        result = folder::make_folders(parent).and_then(|()| fs::rename(new, path));
    }
    result.map_err(|error| FileError::io("write", path, error))
}

/// Removes a key's file, and the folders that are empty without it.
pub(crate) fn remove(root: &Path, path: &Path) -> Result<(), FileError> {
    match fs::remove_file(path) {
        Ok(()) => (),
        Err(error) if is_missing(&error) => (),
        Err(error) => return Err(FileError::io("remove", path, error)),
    }
    let folders = path.ancestors().skip(1);
    for folder in folders.take_while(|folder| *folder != root && folder.starts_with(root)) {
        match fs::remove_dir(folder) {
            Ok(()) => (),
            Err(error) if is_missing(&error) => (),
            Err(error) if is_not_empty(&error) => break,
            Err(error) => return Err(FileError::io("remove", folder, error)),
        }
    }
    Ok(())
}

/// The names in a folder, and whether each is a folder. What is not UTF-8 is not ours.
pub(crate) fn names(path: &Path) -> Result<Vec<(String, bool)>, FileError> {
    let mut names = Vec::new();
    each(path, |name, is_folder| names.push((name.to_owned(), is_folder)))?;
    Ok(names)
}

/// Whether a call failed because there is no such file.
pub(crate) fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
        || is_wasi(error, WASI_NOT_A_FOLDER)
}

/// Whether a folder was not removed because something is in it.
fn is_not_empty(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::DirectoryNotEmpty || is_wasi(error, WASI_NOT_EMPTY)
}

/// WASI's numbers for what the standard library has no kind for there.
const WASI_NOT_A_FOLDER: i32 = 54;
const WASI_NOT_EMPTY: i32 = 55;

fn is_wasi(error: &io::Error, number: i32) -> bool {
    cfg!(target_os = "wasi") && error.raw_os_error() == Some(number)
}

fn collect(path: &Path, begun: &str, take: &mut impl FnMut(String)) -> Result<(), FileError> {
    let mut parts: Vec<(PathBuf, String)> = Vec::new();
    each(path, |name, is_folder| match layout::name_of(name, is_folder) {
        Name::Leaf(leaf) => take(format!("{begun}{leaf}")),
        Name::Folder(folder) => take(format!("{begun}{folder}/")),
        Name::Part(part) => parts.push((path.join(name), format!("{begun}{part}"))),
        Name::Foreign => (),
    })?;
    parts.iter().try_for_each(|(path, begun)| collect(path, begun, &mut *take))
}

fn each(path: &Path, mut visit: impl FnMut(&str, bool)) -> Result<(), FileError> {
    let failed = |error| FileError::io("list", path, error);
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) if is_missing(&error) => return Ok(()),
        Err(error) => return Err(failed(error)),
    };
    for entry in entries {
        let entry = entry.map_err(failed)?;
        let is_folder = entry.file_type().map_err(failed)?.is_dir();
        if let Some(name) = entry.file_name().to_str() {
            visit(name, is_folder);
        }
    }
    Ok(())
}
