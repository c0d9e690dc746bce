//! Atomic commits of ciphertext on any storage, whatever it claims to be able to do.
//!
//! | the storage claims   | how a commit is made atomic and checked                       |
//! |----------------------|---------------------------------------------------------------|
//! | batches and checks   | by the storage, in one batch                                  |
//! | batches              | checked here, one commit at a time, then one batch            |
//! | neither              | checked here, one commit at a time, then through the journal  |

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use bytes::Bytes;
use parking_lot::RwLock;
use plugin_api::{Capabilities, Check, Fence, Op, Page, Storage, Write, async_trait};

use crate::{
    Error, Result,
    journal::{self, Debt, Journal},
    keyring::Keyring,
    listing::{self, Lister, Span},
};

/// The longest that one call of the storage may take.
const CALL_TIME_MAX: Duration = Duration::from_secs(30);

/// A storage and what its commits need.
pub(crate) struct Store {
    storage: Arc<dyn Storage>,
    capabilities: Capabilities,
    mode: Mode,
    /// One commit at a time, where the storage does not check; and what the last one left to do.
    commits: tokio::sync::Mutex<Debt>,
    /// Writes that are committed in the journal and not all done: readers see them as done.
    pending: RwLock<Option<Arc<Pending>>>,
}

/// Values by key; `None` for a removed key.
pub(crate) type Pending = BTreeMap<String, Option<Bytes>>;

/// Who makes commits atomic.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Mode {
    /// The storage, and it checks as well.
    Checked,
    /// The storage, once checks were made here.
    Batched,
    /// The journal.
    Journaled,
}

/// One commit: what must still be so, and what is then written.
#[derive(Default)]
pub(crate) struct Batch {
    /// Keys and the stored values that they must still have.
    pub(crate) expected: Vec<(String, Option<Bytes>)>,
    pub(crate) writes: Vec<Write>,
}

// === impl Store ===

impl Store {
    pub(crate) fn new(storage: Arc<dyn Storage>) -> Self {
        let capabilities = storage.capabilities();
        let mode = match (capabilities.atomic_batch, capabilities.checks) {
            (true, true) => Mode::Checked,
            (true, false) => Mode::Batched,
            (false, _) => Mode::Journaled,
        };
        let commits = tokio::sync::Mutex::new(Debt::None);
        Self { storage, capabilities, mode, commits, pending: RwLock::new(None) }
    }

    pub(crate) fn mode(&self) -> Mode {
        self.mode
    }

    pub(crate) fn value_bytes_max(&self) -> usize {
        self.capabilities.max_value_bytes
    }

    pub(crate) async fn get(&self, key: &str) -> Result<Option<Bytes>> {
        if let Some(pending) = self.pending()
            && let Some(value) = pending.get(key)
        {
            return Ok(value.clone());
        }
        Ok(self.storage.get(op(), key).await?)
    }

    pub(crate) async fn put(&self, key: &str, value: Bytes, fence: Option<&Fence>) -> Result<()> {
        Ok(self.storage.put(op(), key, value, fence).await?)
    }

    pub(crate) async fn delete(&self, key: &str, fence: Option<&Fence>) -> Result<()> {
        Ok(self.storage.delete(op(), key, fence).await?)
    }

    /// One write, outside of any batch.
    pub(crate) async fn write(&self, write: &Write, fence: Option<&Fence>) -> Result<()> {
        match write {
            Write::Put(key, value) => self.put(key, value.clone(), fence).await,
            Write::Delete(key) => self.delete(key, fence).await,
        }
    }

    /// All names of a folder, page by page.
    pub(crate) async fn names(&self, prefix: &str) -> Result<Vec<String>> {
        let mut names: Vec<String> = Vec::new();
        loop {
            let after = names.last().cloned().unwrap_or_default();
            let page = self.page(Span { prefix, after: &after, limit: 0 }).await?;
            let stop = !page.more || page.keys.is_empty();
            names.extend(page.keys);
            if stop {
                return Ok(names);
            }
        }
    }

    /// Does all the writes or none, and none unless what is expected still holds.
    pub(crate) async fn commit(
        &self,
        keyring: &Keyring,
        batch: Batch,
        fence: Option<&Fence>,
    ) -> Result<()> {
        self.check_size(&batch)?;
        if self.mode == Mode::Checked {
            let checks: Vec<Check> = batch.expected.into_iter().map(check).collect();
            return Ok(self.storage.apply(op(), &checks, &batch.writes, fence).await?);
        }
        let mut debt = self.commits.lock().await;
        let journal = Journal { store: self, keyring, fence };
        journal.settle(&mut debt).await?;
        for (key, expected) in &batch.expected {
            if self.get(key).await? != *expected {
                return Err(Error::Conflict);
            }
        }
        match (self.mode, batch.writes.as_slice()) {
            (_, []) => Ok(()),
            // A single write is atomic without a journal.
            (Mode::Journaled, [write]) => self.write(write, fence).await,
            (Mode::Journaled, _) => journal.commit(&mut debt, batch.writes).await,
            (Mode::Checked | Mode::Batched, writes) => {
                Ok(self.storage.apply(op(), &[], writes, fence).await?)
            }
        }
    }

    /// Sets or clears what readers are to see as done.
    pub(crate) fn set_pending(&self, pending: Option<Pending>) {
        *self.pending.write() = pending.map(Arc::new);
    }

    fn pending(&self) -> Option<Arc<Pending>> {
        match self.mode {
            Mode::Checked | Mode::Batched => None,
            Mode::Journaled => self.pending.read().clone(),
        }
    }

    /// Says what is too large before anything is written.
    fn check_size(&self, batch: &Batch) -> Result<()> {
        let limits = match self.mode {
            Mode::Checked | Mode::Batched => {
                (self.capabilities.max_batch_ops, self.capabilities.max_batch_bytes)
            }
            Mode::Journaled => (journal::WRITES_MAX, journal::BYTES_MAX),
        };
        let value_bytes = |write: &Write| match write {
            Write::Put(_, value) => value.len(),
            Write::Delete(_) => 0,
        };
        let largest = batch.writes.iter().map(value_bytes).max().unwrap_or(0);
        within("the size of a value", largest, self.capabilities.max_value_bytes)?;
        within("the number of writes", batch.writes.len(), limits.0)?;
        within("the size of all writes", batch.writes.iter().map(Write::bytes).sum(), limits.1)
    }
}

#[async_trait]
impl Lister for Store {
    async fn page(&self, span: Span<'_>) -> Result<Page> {
        // Taken before the storage is asked: writes done meanwhile are then only done twice.
        let pending = self.pending();
        match pending {
            None => Stored(self).page(span).await,
            Some(pending) => {
                let changes = listing::changes(&pending, span.prefix);
                listing::merged(&Stored(self), &changes, span).await
            }
        }
    }
}

/// What the storage itself lists.
struct Stored<'a>(&'a Store);

#[async_trait]
impl Lister for Stored<'_> {
    async fn page(&self, span: Span<'_>) -> Result<Page> {
        Ok(self.0.storage.list(op(), span.prefix, span.after, span.limit).await?)
    }
}

fn op() -> Op {
    Op::within(CALL_TIME_MAX)
}

fn check((key, expected): (String, Option<Bytes>)) -> Check {
    match expected {
        None => Check::Absent(key),
        Some(value) => Check::ValueIs(key, crypto::sha256(&value)),
    }
}

fn within(what: &'static str, size: usize, limit: usize) -> Result<()> {
    if size > limit { Err(Error::TooLarge { what, size, limit }) } else { Ok(()) }
}
