//! Tidiness: what the repository promises about itself, checked.

mod configs;
mod files;
mod floors;
mod maps;

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::support::repository;

/// A file of the repository.
struct File {
    /// From the top of the repository.
    path: String,
    text: String,
}

impl File {
    fn is_test(&self) -> bool {
        self.path.split('/').any(|part| part == "tests" || part == "tests.rs")
    }
}

/// All files with this ending, but for what is built or fetched.
fn files(ending: &str) -> Vec<File> {
    let mut found = Vec::new();
    collect(&repository(), ending, &mut found);
    assert!(!found.is_empty(), "there is no {ending} file");
    found
}

fn collect(folder: &Path, ending: &str, found: &mut Vec<File>) {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            collect(&path, ending, found);
        } else if name.ends_with(ending) {
            let text = fs::read_to_string(&path).unwrap();
            let path = path.strip_prefix(repository()).unwrap().display().to_string();
            found.push(File { path, text });
        }
    }
}

/// The folders in a folder of the repository.
fn folders(of: &str) -> Vec<String> {
    let entries = fs::read_dir(repository().join(of)).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name != "target" && !name.starts_with('.'))
        .collect();
    names.sort();
    names
}

fn read(path: &str) -> String {
    fs::read_to_string(repository().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Fails with all the complaints at once.
fn nothing_of(complaints: Vec<String>) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}
