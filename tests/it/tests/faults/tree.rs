//! The files of a store, and how to spoil one.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// What can become of a file.
#[derive(Clone, Copy, Debug)]
pub(super) enum Harm {
    /// Nothing is left in it.
    Emptied,
    /// The second half is missing.
    Halved,
    /// One bit in the middle is another one.
    Flipped,
    /// It holds something else.
    Rubbish,
}

/// All of them.
pub(super) const HARMS: [Harm; 4] = [Harm::Emptied, Harm::Halved, Harm::Flipped, Harm::Rubbish];

impl Harm {
    /// Does it to a file; gives what was in it.
    pub(super) fn befall(self, path: &Path) -> Vec<u8> {
        let before = fs::read(path).unwrap();
        fs::write(path, self.done_to(&before)).unwrap();
        before
    }

    /// Whether nobody has written the file since.
    pub(super) fn is_still_there(self, path: &Path, before: &[u8]) -> bool {
        fs::read(path).unwrap() == self.done_to(before)
    }

    fn done_to(self, before: &[u8]) -> Vec<u8> {
        let mut after = before.to_vec();
        match self {
            Self::Emptied => after.clear(),
            Self::Halved => after.truncate(before.len() / 2),
            Self::Flipped => after[before.len() / 2] ^= 1,
            Self::Rubbish => after = b"\0\xff rubbish".to_vec(),
        }
        after
    }
}

/// The entries of a store: every file below a folder but the store's own.
pub(super) fn entries(store: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    collect(store, &mut found);
    found.retain(|path| !path.starts_with(store.join("_")));
    found.sort();
    found
}

/// The one entry whose key ends like this.
pub(super) fn entry(store: &Path, name: &str) -> PathBuf {
    let file = format!("_{name}");
    let mut all = entries(store);
    all.retain(|path| path.file_name().is_some_and(|name| name == file.as_str()));
    assert_eq!(all.len(), 1, "{file}: {all:?}");
    all.remove(0)
}

/// The key of a file: one without the marks that names of some kinds need.
pub(super) fn key_of(store: &Path, file: &Path) -> String {
    let folder = file.strip_prefix(store).unwrap().parent().unwrap().display();
    let name = file.file_name().unwrap().to_string_lossy();
    format!("{folder}/{}", name.strip_prefix('_').unwrap()).trim_start_matches('/').to_owned()
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else {
            found.push(path);
        }
    }
}
