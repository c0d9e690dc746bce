//! Changes on their way into the tree: new files are made beside it, and then put in place.
//!
//! Folders that are missing in the tree are made beside it too, with the files in them, and put in
//! place as a whole: whatever needs space needs it before the commit, where a full disk does no
//! harm.

use std::{
    collections::BTreeMap,
    fs, io,
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
    grafts: Grafts,
}

/// A file that is made, and where it belongs.
struct Put {
    /// Nothing if the file comes with a folder.
    new: Option<PathBuf>,
    path: PathBuf,
}

/// Folders that are made with all that is in them.
struct Grafts {
    /// What stands for the root beside the tree.
    beside: PathBuf,
    /// By where each belongs: where it was made.
    folders: BTreeMap<PathBuf, PathBuf>,
}

impl Staged {
    /// Makes the new files. They are not synced: until a checkpoint the journal answers for them.
    pub(crate) fn stage(folder: &folder::Folder, changes: &Changes) -> Result<Self, FileError> {
        let root = folder.root().to_owned();
        let grafts = Grafts { beside: folder.new_folders(), folders: BTreeMap::new() };
        let mut staged = Self { root, puts: Vec::new(), deletes: Vec::new(), grafts };
        for (key, value) in changes {
            let path = staged.root.join(layout::file_of(key));
            match value {
                None => staged.deletes.push(path),
                Some(value) => staged.put(folder, path, &entry::encode(value))?,
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
        for (path, new) in std::mem::take(&mut self.grafts.folders) {
            tree::place(&new, &path)?;
        }
        for put in &self.puts {
            if let Some(new) = &put.new {
                tree::place(new, &put.path)?;
            }
        }
        let puts = std::mem::take(&mut self.puts);
        Ok(deletes.into_iter().chain(puts.into_iter().map(|put| put.path)).collect())
    }

    fn put(
        &mut self,
        folder: &folder::Folder,
        path: PathBuf,
        content: &[u8],
    ) -> Result<(), FileError> {
        if let Some(new) = self.grafts.of(&self.root, &path)? {
            self.puts.push(Put { new: None, path });
            return make(&new, content);
        }
        // One group at a time is under way, so counting within it is enough.
        let new = folder.new_files().join(self.puts.len().to_string());
        self.puts.push(Put { new: Some(new.clone()), path });
        make(&new, content)
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        // What stays is cleared away before its place is used again, or when the store is opened.
        for new in self.puts.iter().filter_map(|put| put.new.as_ref()) {
            fs::remove_file(new).ok();
        }
        if !self.grafts.folders.is_empty() {
            fs::remove_dir_all(&self.grafts.beside).ok();
        }
    }
}

impl Grafts {
    /// Where to make the file of a path whose folder is missing; nothing if it is there.
    fn of(&mut self, root: &Path, path: &Path) -> Result<Option<PathBuf>, FileError> {
        let missing = path.ancestors().skip(1).take_while(|folder| !folder.is_dir()).last();
        let beside = |path: &Path| path.strip_prefix(root).map(|rest| self.beside.join(rest)).ok();
        let Some((top, new_top, new)) =
            missing.and_then(|top| Some((top, beside(top)?, beside(path)?)))
        else {
            return Ok(None);
        };
        if self.folders.is_empty() {
            // What an earlier batch may have left here must not come into the tree.
            match fs::remove_dir_all(&self.beside) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(FileError::io("clear", &self.beside, error));
                }
                _ => {}
            }
        }
        self.folders.insert(top.to_owned(), new_top);
        if let Some(parent) = new.parent() {
            folder::make_folders(parent)
                .map_err(|error| FileError::io("make the folder", parent, error))?;
        }
        Ok(Some(new))
    }
}

fn make(path: &Path, content: &[u8]) -> Result<(), FileError> {
    let made = folder::private().open(path).and_then(|mut file| file.write_all(content));
    made.map_err(|error| FileError::io("write", path, error))
}
