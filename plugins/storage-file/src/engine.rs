//! The store: files for what is read, a journal for what is written, in synchronous code.
//!
//! A write takes effect in four steps, for all who wait at once:
//!
//! ```text
//! decide   each batch's checks against the files and against the batches before it in the group
//! stage    the new files, beside the tree: a full disk shows here, and nothing has happened yet
//! commit   one record in the journal, one sync: from here on it is written
//! place    renames and removals, under the lock that readers share: they see all of it or nothing
//! ```
//!
//! The files themselves are synced only at a checkpoint, when the journal is full: what a crash
//! takes from them before that, the journal has.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use parking_lot::{Mutex, RwLock};
use plugin_api::{Check, Error, ErrorKind, Op, Page, Result, Write, digest};

use crate::{
    FileError,
    engine::{
        folder::{Folder, Unsynced, sync, sync_folder},
        journal::Journal,
        staged::Staged,
    },
};

mod entry;
mod folder;
mod journal;
mod layout;
mod staged;
#[cfg(test)]
mod tests;
mod tree;

pub(crate) use crate::engine::layout::KEY_BYTES_MAX;

/// Bytes in the journal from which on a checkpoint is made.
const JOURNAL_BYTES_MAX: u64 = 4 << 20;
/// Files not yet synced from which on a checkpoint is made; it syncs them one by one.
const UNSYNCED_MAX: usize = 512;
/// Bytes of batches that are committed together.
const GROUP_BYTES_MAX: usize = 8 << 20;
/// The most names in one page of a listing.
const PAGE_MAX: usize = 100_000;

/// The opened store.
pub(crate) struct Engine {
    folder: Folder,
    /// Readers share it; whoever places files has it alone.
    health: RwLock<Health>,
    /// One at a time commits, for all who wait.
    writer: Mutex<Writer>,
    queue: Mutex<VecDeque<Request>>,
}

/// What may still be done with the store.
enum Health {
    Sound,
    /// A sync failed: no more writes, because what they rest on may not be on the disk.
    ReadOnly(String),
    /// A committed batch is not in the files: no more reads either, they would see a part of it.
    Stopped(String),
    Closed,
}

/// What only the one who commits touches.
struct Writer {
    journal: Journal,
    /// Files and folders that were changed since the last checkpoint.
    unsynced: BTreeSet<PathBuf>,
}

/// What a group writes in the end: the last value of each key, `None` where it is deleted.
type Changes = BTreeMap<String, Option<Bytes>>;

/// A batch that waits to be committed.
struct Request {
    op: Op,
    checks: Vec<Check>,
    writes: Vec<Write>,
    answer: Arc<Mutex<Option<Result<()>>>>,
}

// === impl Engine ===

impl Engine {
    /// Opens the folder at `path`, and carries out what a crash has left undone.
    pub(crate) fn open(path: &Path) -> Result<Self, FileError> {
        let folder = Folder::open(path)?;
        let (journal, records) = Journal::open(&folder.journal())?;
        sync_folder(&folder.own())?;
        let mut writer = Writer { journal, unsynced: BTreeSet::new() };
        for changes in &records {
            let staged = Staged::stage(&folder, changes)?;
            writer.unsynced.extend(staged.place()?);
        }
        if !records.is_empty() {
            writer.checkpoint(&folder)?;
        }
        Ok(Self {
            folder,
            health: RwLock::new(Health::Sound),
            writer: Mutex::new(writer),
            queue: Mutex::default(),
        })
    }

    pub(crate) fn get(&self, key: &str) -> Result<Option<Bytes>> {
        let health = self.health.read();
        health.may_read()?;
        Ok(tree::read(self.folder.root(), key)?)
    }

    pub(crate) fn list(&self, prefix: &str, after: &str, limit: usize) -> Result<Page> {
        let health = self.health.read();
        health.may_read()?;
        let limit = if limit == 0 { PAGE_MAX } else { limit.min(PAGE_MAX) };
        Ok(tree::list(self.folder.root(), prefix, after, limit)?)
    }

    /// Commits a batch: alone, or together with those that wait at the same time.
    pub(crate) fn write(&self, op: Op, checks: Vec<Check>, writes: Vec<Write>) -> Result<()> {
        let answer = Arc::new(Mutex::new(None));
        let request = Request { op, checks, writes, answer: answer.clone() };
        self.queue.lock().push_back(request);
        loop {
            let mut writer = self.writer.lock();
            // Whoever had the lock before may have committed this batch too.
            if let Some(result) = answer.lock().take() {
                return result;
            }
            let group = self.next_group();
            if group.is_empty() {
                // Its group was taken, and whoever took it panicked.
                let error = Error::new(ErrorKind::Panicked, "the file storage panicked");
                return Err(error.maybe_applied());
            }
            self.commit(&mut writer, group);
        }
    }

    pub(crate) fn health(&self) -> Result<()> {
        Ok(self.health.read().may_write()?)
    }

    /// Makes a checkpoint and lets go of the folder.
    pub(crate) fn close(&self) -> Result<(), FileError> {
        let mut writer = self.writer.lock();
        let sound = self.health.read().may_write().is_ok();
        let done = match sound {
            true => writer.checkpoint(&self.folder).map_err(FileError::from),
            false => Ok(()),
        };
        *self.health.write() = Health::Closed;
        self.folder.unlock();
        done
    }

    fn next_group(&self) -> Vec<Request> {
        let mut queue = self.queue.lock();
        let mut group = Vec::new();
        let mut bytes = 0;
        while let Some(request) = queue.pop_front() {
            bytes += request.writes.iter().map(Write::bytes).sum::<usize>();
            group.push(request);
            if bytes >= GROUP_BYTES_MAX {
                break;
            }
        }
        group
    }

    fn commit(&self, writer: &mut Writer, group: Vec<Request>) {
        let mut changes = Changes::new();
        let mut accepted = Vec::with_capacity(group.len());
        for request in group {
            match self.decide(&request, &changes) {
                Err(error) => *request.answer.lock() = Some(Err(error)),
                Ok(()) => {
                    for write in request.writes {
                        match write {
                            Write::Put(key, value) => changes.insert(key, Some(value)),
                            Write::Delete(key) => changes.insert(key, None),
                        };
                    }
                    accepted.push(request.answer);
                }
            }
        }
        let result = self.carry_out(writer, &changes);
        for answer in accepted {
            *answer.lock() = Some(result.clone());
        }
    }

    /// Whether a batch goes through, after those that `changes` already holds.
    fn decide(&self, request: &Request, changes: &Changes) -> Result<()> {
        if request.op.remaining().is_zero() {
            // Whoever waited has given up; a write that lands later would surprise.
            let message = "the deadline passed while waiting for earlier writes";
            return Err(Error::new(ErrorKind::Timeout, message));
        }
        self.health.read().may_write()?;
        for check in &request.checks {
            let (Check::Absent(key) | Check::ValueIs(key, _)) = check;
            let value = match changes.get(key) {
                Some(value) => value.clone(),
                None => tree::read(self.folder.root(), key)?,
            };
            let holds = match check {
                Check::Absent(_) => value.is_none(),
                Check::ValueIs(_, wanted) => {
                    value.is_some_and(|value| digest::sha256(&value) == *wanted)
                }
            };
            if !holds {
                let message = "a checked key was changed meanwhile";
                return Err(Error::new(ErrorKind::Conflict, message));
            }
        }
        Ok(())
    }

    fn carry_out(&self, writer: &mut Writer, changes: &Changes) -> Result<()> {
        if changes.is_empty() {
            return Ok(());
        }
        let staged = Staged::stage(&self.folder, changes)?;
        let record = journal::encode(changes);
        writer.journal.append(&record)?;
        if let Err(error) = writer.journal.sync() {
            *self.health.write() = Health::ReadOnly(error.to_string());
            return Err(Error::from(error).maybe_applied());
        }
        let mut health = self.health.write();
        match staged.place() {
            Ok(touched) => writer.unsynced.extend(touched),
            Err(error) => {
                *health = Health::Stopped(error.to_string());
                return Err(Error::from(error).maybe_applied());
            }
        }
        drop(health);
        if (writer.journal.bytes() >= JOURNAL_BYTES_MAX || writer.unsynced.len() >= UNSYNCED_MAX)
            // What could not be opened stays in the journal, and the next write tries again.
            && let Err(Unsynced::Failed(error)) = writer.checkpoint(&self.folder)
        {
            // This batch is safe in the journal; later ones would not be.
            *self.health.write() = Health::ReadOnly(error.to_string());
        }
        Ok(())
    }
}

// === impl Writer ===

impl Writer {
    /// Syncs every file since the last time; after that, and not before, the journal may forget
    /// them.
    fn checkpoint(&mut self, folder: &Folder) -> Result<(), Unsynced> {
        let mut folders = BTreeSet::new();
        for path in &self.unsynced {
            sync(path)?;
            folders.extend(path.ancestors().skip(1).take_while(|it| it.starts_with(folder.root())));
        }
        for path in folders {
            sync_folder(path)?;
        }
        // A head that was not written in order may count or not: records after it would be lost.
        self.journal.restart().map_err(Unsynced::Failed)?;
        self.unsynced.clear();
        Ok(())
    }
}

// === impl Health ===

impl Health {
    fn may_read(&self) -> Result<(), FileError> {
        match self {
            Self::Sound | Self::ReadOnly(_) => Ok(()),
            Self::Stopped(why) => Err(FileError::Stopped(why.clone())),
            Self::Closed => Err(FileError::Closed),
        }
    }

    fn may_write(&self) -> Result<(), FileError> {
        match self {
            Self::Sound => Ok(()),
            Self::ReadOnly(why) => Err(FileError::ReadOnly(why.clone())),
            Self::Stopped(why) => Err(FileError::Stopped(why.clone())),
            Self::Closed => Err(FileError::Closed),
        }
    }
}
