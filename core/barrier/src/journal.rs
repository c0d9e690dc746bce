//! The redo journal: atomic commits on a storage that can only write one key at a time.
//!
//! A commit of several writes is first kept whole, encrypted, as a record at `core/journal/<id>`.
//! Writing that entry is the commit point: before it nothing has happened, after it everything
//! has, because whoever opens the barrier next does the writes again. Then the writes are done and
//! the record is removed. A record too long for one value has parts below it, written before it.
//!
//! There is never more than one record: a commit first settles what the one before left to do.

use std::mem;

use bytes::Bytes;
use crypto::random;
use plugin_api::{Fence, Write};

use crate::{
    Corruption, Error, Result,
    entry::{self, OVERHEAD},
    keyring::Keyring,
    store::{Pending, Store},
};

mod form;
#[cfg(test)]
mod tests;

/// The folder of the records.
pub(crate) const FOLDER: &str = "core/journal/";
/// The most writes in one record.
pub(crate) const WRITES_MAX: usize = 100_000;
/// The most bytes of keys and values in one record.
pub(crate) const BYTES_MAX: usize = 64 << 20;

/// What a commit could not bring to its end.
pub(crate) enum Debt {
    /// Nothing.
    None,
    /// The record may be there or not, and it must not be: its commit was said to have failed.
    Doubtful(Record),
    /// The record is there: its writes are to be done, and it is to be removed.
    Unapplied(Record, Vec<Write>),
}

/// The place of a record.
pub(crate) struct Record {
    key: String,
    parts: usize,
}

/// The journal of a store, for the length of one commit.
pub(crate) struct Journal<'a> {
    pub(crate) store: &'a Store,
    pub(crate) keyring: &'a Keyring,
    pub(crate) fence: Option<&'a Fence>,
}

// === impl Record ===

impl Record {
    fn part(&self, number: usize) -> String {
        format!("{}/{number:06}", self.key)
    }
}

// === impl Journal ===

impl Journal<'_> {
    /// Commits the writes. It has succeeded once the record is written; what then fails is done
    /// later, and readers do not notice.
    pub(crate) async fn commit(&self, debt: &mut Debt, writes: Vec<Write>) -> Result<()> {
        let (record, head) = self.write_parts(&form::encode(&writes)).await?;
        if let Err(error) = self.put(&record.key, &head).await {
            *debt = Debt::Doubtful(record);
            // Once the record is surely gone, so is the doubt.
            return match self.settle(debt).await {
                Ok(()) => Err(certain(error)),
                Err(_) => Err(error),
            };
        }
        self.store.set_pending(Some(pending(&writes)));
        *debt = Debt::Unapplied(record, writes);
        if let Err(error) = self.settle(debt).await {
            tracing::warn!(%error, "a committed journal record is not yet applied");
        }
        Ok(())
    }

    /// Does what the last commit left to do.
    pub(crate) async fn settle(&self, debt: &mut Debt) -> Result<()> {
        match debt {
            Debt::None => return Ok(()),
            Debt::Doubtful(record) => self.store.delete(&record.key, self.fence).await?,
            Debt::Unapplied(record, writes) => {
                for write in writes.iter() {
                    self.store.write(write, self.fence).await?;
                }
                self.store.delete(&record.key, self.fence).await?;
            }
        }
        self.store.set_pending(None);
        if let Debt::Doubtful(record) | Debt::Unapplied(record, _) = mem::replace(debt, Debt::None)
        {
            self.remove_parts(&record).await;
        }
        Ok(())
    }

    /// Does the writes of a record that a crash left, and clears the folder. Called before anything
    /// else is read.
    async fn recover(&self) -> Result<()> {
        let names = self.store.names(FOLDER).await?;
        let mut heads = names.iter().filter(|name| !name.ends_with('/'));
        let head = heads.next().map(|name| format!("{FOLDER}{name}"));
        if heads.next().is_some() {
            let reason = Corruption::Content("there is more than one journal record");
            return Err(Error::corrupt(FOLDER, reason));
        }
        if let Some(key) = &head {
            for write in self.read(key).await? {
                self.store.write(&write, self.fence).await?;
            }
            self.store.delete(key, self.fence).await?;
        }
        for name in names.iter().filter(|name| name.ends_with('/')) {
            let folder = format!("{FOLDER}{name}");
            for part in self.store.names(&folder).await? {
                self.store.delete(&format!("{folder}{part}"), self.fence).await?;
            }
        }
        Ok(())
    }

    /// Writes the parts of a long record, and answers what its head is to hold.
    async fn write_parts(&self, payload: &[u8]) -> Result<(Record, Vec<u8>)> {
        let key = format!("{FOLDER}{}", random::uuid());
        let room = self.store.value_bytes_max().saturating_sub(OVERHEAD + form::HEAD_BYTES);
        if payload.len() <= room {
            return Ok((Record { key, parts: 0 }, form::head(0, payload)));
        }
        let mut record = Record { key, parts: 0 };
        for chunk in payload.chunks(room.max(1)) {
            if let Err(error) = self.put(&record.part(record.parts), chunk).await {
                self.remove_parts(&record).await;
                return Err(certain(error));
            }
            record.parts += 1;
        }
        let head = form::head(record.parts, &[]);
        Ok((record, head))
    }

    async fn read(&self, key: &str) -> Result<Vec<Write>> {
        let plaintext = self.read_entry(key).await?;
        let (parts, inline) = entry::at(key, form::parse_head(&plaintext))?;
        if parts == 0 {
            return entry::at(key, form::decode(inline));
        }
        let record = Record { key: key.to_owned(), parts };
        let mut payload = Vec::new();
        for number in 0..parts {
            payload.extend_from_slice(&self.read_entry(&record.part(number)).await?);
        }
        entry::at(key, form::decode(&payload))
    }

    async fn read_entry(&self, key: &str) -> Result<Bytes> {
        let missing = Error::corrupt(key, Corruption::Content("a part of the record is missing"));
        let stored = self.store.get(key).await?.ok_or(missing)?;
        self.keyring.decrypt(key, &stored)
    }

    async fn put(&self, key: &str, plaintext: &[u8]) -> Result<()> {
        let sealed = self.keyring.encrypt(key.as_bytes(), plaintext)?;
        self.store.put(key, sealed.into(), self.fence).await
    }

    /// Parts without a record mean nothing: what cannot be removed now goes at the next opening.
    async fn remove_parts(&self, record: &Record) {
        // One more than were counted: the last one may have been written with its answer lost.
        let parts = if record.parts == 0 { 0 } else { record.parts + 1 };
        for number in 0..parts {
            if let Err(error) = self.store.delete(&record.part(number), self.fence).await {
                tracing::debug!(%error, "a part of a journal record is left");
                return;
            }
        }
    }
}

/// Opens the journal of a store that no one else uses yet.
pub(crate) async fn recover(store: &Store, keyring: &Keyring) -> Result<()> {
    Journal { store, keyring, fence: None }.recover().await
}

fn pending(writes: &[Write]) -> Pending {
    let value = |write: &Write| match write {
        Write::Put(key, value) => (key.clone(), Some(value.clone())),
        Write::Delete(key) => (key.clone(), None),
    };
    writes.iter().map(value).collect()
}

/// The error of a write that is now known to have had no effect.
fn certain(error: Error) -> Error {
    match error {
        Error::Storage(error) => {
            Error::Storage(plugin_api::Error { maybe_applied: false, ..error })
        }
        other => other,
    }
}
