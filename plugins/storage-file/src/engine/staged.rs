//! Changes on their way into the tree: new files are made beside it, and then put in place.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use crate::{
    FileError,
    engine::{Changes, entry, folder, layout, tree},
};

/// Changes whose new files are made. Dropped before they are placed, they leave nothing.
pub(crate) struct Staged {
    root: PathBuf,
    puts: Vec<Put>,
    deletes: Vec<PathBuf>,
}

/// A file that is made, and where it belongs.
struct Put {
    new: PathBuf,
    path: PathBuf,
}

impl Staged {
    /// Makes the new files. They are not synced: until a checkpoint the journal answers for them.
    pub(crate) fn stage(folder: &folder::Folder, changes: &Changes) -> Result<Self, FileError> {
        let root = folder.root().to_owned();
        let mut staged = Self { root, puts: Vec::new(), deletes: Vec::new() };
        let beside = folder.new_files();
        for (key, value) in changes {
            let path = staged.root.join(layout::file_of(key));
            match value {
                None => staged.deletes.push(path),
                Some(value) => {
                    // One group at a time is under way, so counting within it is enough.
                    let new = beside.join(staged.puts.len().to_string());
                    staged.puts.push(Put { new: new.clone(), path });
                    make(&new, &entry::encode(value))?;
                }
            }
        }
        Ok(staged)
    }

    /// Puts everything in place and gives the paths that were touched. Done again after a crash, it
    /// comes to the same.
    pub(crate) fn place(mut self) -> Result<Vec<PathBuf>, FileError> {
        let deletes = std::mem::take(&mut self.deletes);
        for path in &deletes {
            tree::remove(&self.root, path)?;
        }
        for put in &self.puts {
            tree::place(&put.new, &put.path)?;
        }
        let puts = std::mem::take(&mut self.puts);
        Ok(deletes.into_iter().chain(puts.into_iter().map(|put| put.path)).collect())
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        for put in &self.puts {
            // A file that stays is cleared away when the store is opened again.
            fs::remove_file(&put.new).ok();
        }
    }
}

fn make(path: &Path, content: &[u8]) -> Result<(), FileError> {
    let made = folder::private().open(path).and_then(|mut file| file.write_all(content));
    made.map_err(|error| FileError::io("write", path, error))
}
