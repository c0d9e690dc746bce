//! The folders that an opened plugin may write in: for as long as it is open nobody else writes there.
//!
//! WASI has no locks, so that a guest cannot keep others out itself. The host locks the folder, not a
//! file in it: nothing of the guest's is touched, and the guest cannot undo it.

use std::{
    fs::{File, TryLockError},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use plugin_api::{Error, ErrorKind, Result};
use tracing::Level;

use crate::voice::Voice;

/// How often a folder is tried for: one that has just been closed may need a moment.
const TRIES: u32 = 25;
const PAUSE: Duration = Duration::from_millis(20);

/// Locked folders. They are free when this goes.
#[derive(Debug, Default)]
pub(crate) struct Held {
    _files: Vec<File>,
}

/// A folder that is granted for writing, and the name of its grant.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Writable<'a> {
    pub(crate) name: &'a str,
    pub(crate) path: &'a Path,
}

impl Held {
    /// Takes all of the folders, or none; one that somebody else has is `conflict`.
    pub(crate) async fn take(folders: &[Writable<'_>], voice: &Voice) -> Result<Self> {
        let mut taken: Vec<PathBuf> = Vec::new();
        let mut files = Vec::new();
        for folder in folders {
            let failed = |why: io::Error| {
                let message = format!("the folder {}: {why}", folder.path.display());
                Error::new(ErrorKind::Unavailable, message)
            };
            let path = folder.path.canonicalize().map_err(failed)?;
            // Two grants of one folder are one plugin's all the same.
            if taken.contains(&path) {
                continue;
            }
            match lock(&path).await {
                Ok(file) => files.push(file),
                Err(TryLockError::WouldBlock) => return Err(in_use(*folder)),
                // Some file systems have no locks: there the operator answers for it.
                Err(TryLockError::Error(why)) => {
                    let line = format!(
                        "the folder {} cannot be locked ({why}); see to it that nothing else \
                         writes there",
                        folder.path.display()
                    );
                    voice.say(Level::WARN, &line, &[]);
                }
            }
            taken.push(path);
        }
        Ok(Self { _files: files })
    }
}

async fn lock(path: &Path) -> Result<File, TryLockError> {
    let file = File::open(path).map_err(TryLockError::Error)?;
    for _ in 1..TRIES {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => tokio::time::sleep(PAUSE).await,
            other => return other.map(|()| file),
        }
    }
    file.try_lock().map(|()| file)
}

fn in_use(folder: Writable<'_>) -> Error {
    let message = format!(
        "the folder {} of the grant \"dir\" \"{}\" is in use by another server or plugin; close \
         that one first, or grant another folder",
        folder.path.display(),
        folder.name
    );
    Error::new(ErrorKind::Conflict, message)
}
