//! A failed initialization is taken back: the store is made again what it was before.
//!
//! Nobody has got its keys, so that nobody can open what it wrote; left there, it would be in the
//! way of the next one. What a crash has cut off is known by its mark, which is written first and
//! removed last.

use std::collections::BTreeSet;

use plugin_api::{Error, ErrorKind, Op, Result, Storage, Write};

use crate::unseal::KEK_WAIT;

const KEYRING: &str = "core/keyring";
/// The keys that were there before, under an id of its own, while an initialization is under way.
const MARK: &str = "core/init-unfinished";

/// What tells which entries are an initialization's own.
pub(crate) struct Undo {
    /// The keys that were there before.
    before: BTreeSet<String>,
    /// The seal's records, which are written first.
    records: Vec<Write>,
}

impl Undo {
    /// To be made before the first write; puts the mark before the records. A store without a
    /// keyring is empty, but for what an interrupted initialization of an older version left.
    pub(crate) async fn prepare(storage: &dyn Storage, records: &mut Vec<Write>) -> Result<Self> {
        let before = keys(storage).await?;
        let mark = serde_json::to_vec(&(crypto::random::uuid(), &before));
        let mark = mark.map_err(|error| Error::new(ErrorKind::Internal, error.to_string()))?;
        records.insert(0, Write::Put(MARK.to_owned(), mark.into()));
        Ok(Self { before, records: records.clone() })
    }

    /// That of an initialization which a crash has cut off.
    pub(crate) async fn unfinished(storage: &dyn Storage) -> Result<Option<Self>> {
        let Some(mark) = storage.get(op(), MARK).await? else { return Ok(None) };
        let (_id, before): (String, BTreeSet<String>) = serde_json::from_slice(&mark)
            .map_err(|_| Error::new(ErrorKind::Corrupt, format!("the entry {MARK} is corrupt")))?;
        Ok(Some(Self { before, records: vec![Write::Put(MARK.to_owned(), mark)] }))
    }

    /// It has not failed: nothing is to be taken back any more.
    pub(crate) async fn done(storage: &dyn Storage) -> Result<()> {
        delete(storage, MARK).await
    }

    /// Removes what was written. Broken off by an error, it may be done again.
    pub(crate) async fn carry_out(&self, storage: &dyn Storage) -> Result<()> {
        if !self.is_ours(storage).await? {
            return Ok(());
        }
        // Without the keyring the store does not count as initialized, however far this comes.
        if !self.before.contains(KEYRING) {
            delete(storage, KEYRING).await?;
        }
        let is_record = |key: &String| self.records.iter().any(|record| record.key() == key);
        for key in keys(storage).await?.difference(&self.before).filter(|key| !is_record(key)) {
            delete(storage, key).await?;
        }
        // They come last, and the mark of all: by them a second attempt knows that there is something
        // left to do.
        for record in self.records.iter().rev() {
            delete(storage, record.key()).await?;
        }
        Ok(())
    }

    /// Whether the seal's records in the store are those of this initialization. If nothing of it
    /// came to be written, another server may have initialized the same store meanwhile.
    async fn is_ours(&self, storage: &dyn Storage) -> Result<bool> {
        let mut found = false;
        for record in &self.records {
            let Write::Put(key, value) = record else { continue };
            match storage.get(op(), key).await? {
                Some(stored) if stored != *value => return Ok(false),
                stored => found |= stored.is_some(),
            }
        }
        Ok(found)
    }
}

/// Every key of a storage.
async fn keys(storage: &dyn Storage) -> Result<BTreeSet<String>> {
    let mut keys = BTreeSet::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        let mut after = String::new();
        loop {
            let page = storage.list(op(), &folder, &after, 0).await?;
            for name in &page.keys {
                let path = format!("{folder}{name}");
                if name.ends_with('/') {
                    folders.push(path);
                } else {
                    keys.insert(path);
                }
            }
            match page.keys.into_iter().next_back() {
                Some(last) if page.more => after = last,
                _ => break,
            }
        }
    }
    Ok(keys)
}

async fn delete(storage: &dyn Storage, key: &str) -> Result<()> {
    storage.delete(op(), key, None).await
}

fn op() -> Op {
    Op::within(KEK_WAIT)
}
