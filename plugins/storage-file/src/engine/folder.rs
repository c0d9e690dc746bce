//! The folder on the disk: made, locked, and taken over from Vault.
//!
//! ```text
//! <root>/               the tree of keys (layout.rs)
//! <root>/_/lock         held while the store is open; so is <root> itself
//! <root>/_/layout       the version of the layout
//! <root>/_/journal      what is written and not yet synced in the tree
//! <root>/_/new/         files that are about to be placed in the tree; in `t` folders of them
//! ```

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Write as _},
    path::{Path, PathBuf},
    time::Duration,
};

use parking_lot::Mutex;

use crate::{
    FileError,
    engine::{
        layout::{self, OWN, ROOT_BYTES_MAX},
        tree,
    },
};

/// What the layout file says.
const LAYOUT: &str = "strongroom file storage, layout 1\n";
/// How often the lock is tried for: a server that is just ending needs a moment.
const LOCK_TRIES: u32 = 25;
const LOCK_PAUSE: Duration = Duration::from_millis(20);

/// Why something is not known to be on the disk.
#[derive(Debug)]
pub(crate) enum Unsynced {
    /// It could not be opened, for want of file descriptors perhaps: nothing was asked of the disk,
    /// so that it may be tried again.
    Unopened(FileError),
    /// The sync itself failed. The system may have dropped what it could not write, and a second
    /// sync would succeed and prove nothing.
    Failed(FileError),
}

impl From<Unsynced> for FileError {
    fn from(unsynced: Unsynced) -> Self {
        match unsynced {
            Unsynced::Unopened(error) | Unsynced::Failed(error) => error,
        }
    }
}

/// The folder of an opened store.
pub(crate) struct Folder {
    root: PathBuf,
    locks: Mutex<Vec<File>>,
}

impl Folder {
    /// Makes the folder if need be, and takes it for this process alone.
    pub(crate) fn open(path: &Path) -> Result<Self, FileError> {
        if path.exists() && !path.is_dir() {
            return Err(FileError::NotAFolder(path.to_owned()));
        }
        let made = !path.exists();
        make_folders(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotADirectory => FileError::NotAFolder(path.to_owned()),
            _ => FileError::io("make the folder", path, error),
        })?;
        let root = path.canonicalize().map_err(|error| FileError::io("open", path, error))?;
        let length = root.as_os_str().len();
        if length > ROOT_BYTES_MAX {
            return Err(FileError::PathTooLong { length, limit: ROOT_BYTES_MAX });
        }
        let own = root.join(OWN);
        make_folders(&own).map_err(|error| FileError::io("make a folder in", &root, error))?;
        let mut locks = vec![lock(&root, &own.join("lock"))?];
        locks.extend(lock_folder(&root)?);
        let folder = Self { root, locks: Mutex::new(locks) };
        folder.adopt()?;
        folder.clear_new()?;
        sync_folder(&folder.root)?;
        if let (true, Some(parent)) = (made, folder.root.parent()) {
            // The right to read the folder above may be missing, and then it cannot be synced.
            match sync_folder(parent) {
                Err(Unsynced::Unopened(FileError::Denied { .. })) => (),
                synced => synced?,
            }
        }
        Ok(folder)
    }

    /// The folder that the tree is in.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of the store's own files.
    pub(crate) fn own(&self) -> PathBuf {
        self.root.join(OWN)
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.own().join("journal")
    }

    /// Where new files are made: in the file system of the tree, so that a rename places them.
    pub(crate) fn new_files(&self) -> PathBuf {
        self.own().join("new")
    }

    /// Where new folders are made. The name is short: the longest path must still fit below it.
    pub(crate) fn new_folders(&self) -> PathBuf {
        self.new_files().join("t")
    }

    /// Lets another process in.
    pub(crate) fn unlock(&self) {
        self.locks.lock().clear();
    }

    /// Renames the folders of a tree made by Vault that mean something else here. Done once; broken
    /// off by a crash, it is begun again and passes over what is done.
    fn adopt(&self) -> Result<(), FileError> {
        let path = self.own().join("layout");
        match fs::read_to_string(&path) {
            Ok(text) if text == LAYOUT => return Ok(()),
            Ok(text) => {
                let found = text.trim().chars().take(80).collect();
                return Err(FileError::Layout { path: self.root.clone(), found });
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => (),
            Err(error) => return Err(FileError::io("read", &path, error)),
        }
        adopt_folder(&self.root, &self.own())?;
        let new = self.own().join("layout.new");
        write_synced(&new, LAYOUT.as_bytes())?;
        fs::rename(&new, &path).map_err(|error| FileError::io("write", &path, error))?;
        Ok(sync_folder(&self.own())?)
    }

    /// Files that were made and never placed belong to batches that were never acknowledged.
    fn clear_new(&self) -> Result<(), FileError> {
        let path = self.new_files();
        match fs::remove_dir_all(&path) {
            Ok(()) => (),
            Err(error) if error.kind() == io::ErrorKind::NotFound => (),
            Err(error) => return Err(FileError::io("clear", &path, error)),
        }
        make_folders(&path).map_err(|error| FileError::io("make the folder", &path, error))
    }
}

/// Makes a folder and those above it, for the server's user only.
pub(crate) fn make_folders(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// The options of a new file that only the server's user may read.
pub(crate) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes a file and waits until it is on the disk.
pub(crate) fn write_synced(path: &Path, content: &[u8]) -> Result<(), FileError> {
    let write = |path: &Path| {
        let mut file = private().open(path)?;
        file.write_all(content)?;
        file.sync_all()
    };
    write(path).map_err(|error| FileError::io("write", path, error))
}

/// Waits until the names in a folder are on the disk. One that is gone has nothing to wait for.
pub(crate) fn sync_folder(path: &Path) -> Result<(), Unsynced> {
    // A sandboxed instance cannot open a folder as a file; its host syncs for it.
    if cfg!(target_family = "wasm") {
        return Ok(());
    }
    sync(path)
}

/// Waits until a file or folder is on the disk. One that is gone has nothing to wait for: the
/// folder that it was in knows.
pub(crate) fn sync(path: &Path) -> Result<(), Unsynced> {
    match File::open(path) {
        Ok(file) => {
            file.sync_all().map_err(|error| Unsynced::Failed(FileError::io("sync", path, error)))
        }
        Err(error) if tree::is_missing(&error) => Ok(()),
        Err(error) => Err(Unsynced::Unopened(FileError::io("open", path, error))),
    }
}

fn lock(root: &Path, path: &Path) -> Result<File, FileError> {
    let mut options = private();
    options.truncate(false);
    let file = options.open(path).map_err(|error| FileError::io("open", path, error))?;
    match wait_for(&file) {
        Ok(()) => Ok(file),
        // A file system without locks: the operator answers for a single server.
        Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => Ok(file),
        Err(TryLockError::Error(error)) => Err(FileError::io("lock", path, error)),
        Err(TryLockError::WouldBlock) => Err(FileError::InUse(root.to_owned())),
    }
}

/// Locks the folder itself too: the host does so for a plugin in a sandbox, which cannot lock files.
/// Where a folder cannot be locked, the file in it has to do.
fn lock_folder(root: &Path) -> Result<Option<File>, FileError> {
    let Ok(folder) = File::open(root) else { return Ok(None) };
    match wait_for(&folder) {
        Ok(()) => Ok(Some(folder)),
        Err(TryLockError::Error(_)) => Ok(None),
        Err(TryLockError::WouldBlock) => Err(FileError::InUse(root.to_owned())),
    }
}

fn wait_for(file: &File) -> Result<(), TryLockError> {
    for _ in 1..LOCK_TRIES {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(LOCK_PAUSE),
            other => return other,
        }
    }
    file.try_lock()
}

fn adopt_folder(path: &Path, own: &Path) -> Result<(), FileError> {
    for (name, is_folder) in tree::names(path)? {
        let inner = path.join(&name);
        // A file system's own folder at its root is nobody else's to read.
        if !is_folder || inner == own || name == "lost+found" {
            continue;
        }
        adopt_folder(&inner, own)?;
        if let Some(adopted) = layout::adopted(&name) {
            let target = path.join(adopted);
            fs::rename(&inner, &target).map_err(|error| FileError::io("rename", &inner, error))?;
            sync_folder(path)?;
        }
    }
    Ok(())
}
