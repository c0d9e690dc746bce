//! The order in which a tree of keys is gone through: the keys of a folder, then its subfolders.

use std::collections::VecDeque;

use logical::{Entries, Error, Result};

/// The most keys that one walk finds.
pub(crate) const WALK_KEYS_MAX: usize = 1_000_000;

/// A walk through a tree; its user lists each folder that it names.
#[derive(Debug)]
pub(crate) struct Walk {
    folders: VecDeque<String>,
    found: Vec<String>,
}

impl Walk {
    /// A walk from the top, which is the folder with the empty name.
    pub(crate) fn new() -> Self {
        Self { folders: VecDeque::from([String::new()]), found: Vec::new() }
    }

    /// The next folder to list, as a name below the top.
    pub(crate) fn next_folder(&mut self) -> Option<String> {
        self.folders.pop_front()
    }

    /// Takes in what is in a folder.
    pub(crate) fn add(&mut self, folder: &str, entries: Entries) -> Result<()> {
        for name in entries.keys {
            let full = format!("{folder}{name}");
            match name.ends_with('/') {
                true => self.folders.push_back(full),
                false => self.found.push(full),
            }
        }
        if self.found.len() + self.folders.len() > WALK_KEYS_MAX {
            let message = format!("there are more than {WALK_KEYS_MAX} keys below this path");
            return Err(Error::invalid(message));
        }
        Ok(())
    }

    /// How many keys were found so far.
    pub(crate) fn len(&self) -> usize {
        self.found.len()
    }

    /// The keys, as names below the top.
    pub(crate) fn into_found(self) -> Vec<String> {
        self.found
    }
}

#[cfg(test)]
mod tests;
