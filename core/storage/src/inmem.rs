//! A storage in memory: a sorted map behind a read-write lock.
//!
//! It forgets everything when it is dropped. It claims atomic batches and checks. Made with an
//! [`InmemLock`] it claims fencing too; without one a fenced write is refused, because a fence that
//! is silently ignored protects nobody.

use std::{collections::BTreeMap, ops::Bound, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use parking_lot::{MutexGuard, RwLock};
use plugin_api::{
    Capabilities, Check, Error, ErrorKind, Fence, Op, Opened, Page, Provider, Result, Settings,
    Storage, Write, digest, key,
};

use crate::{InmemLock, inmem_lock::Locks, limits};

#[cfg(test)]
mod tests;

/// The most writes in one batch.
const BATCH_OPS_MAX: usize = 100_000;
/// The most bytes of keys and values in one batch.
const BATCH_BYTES_MAX: usize = 64 << 20;
/// The most names in one page of a listing.
const PAGE_MAX: usize = 100_000;

/// The storage in memory.
pub struct Inmem {
    entries: RwLock<BTreeMap<Box<str>, Bytes>>,
    capabilities: Capabilities,
    lock: Option<InmemLock>,
}

/// Opens `storage "inmem"`; each opening gives a new, empty storage. With `ha_enabled = true` it
/// comes with a lock of its own.
pub struct InmemProvider;

// === impl Inmem ===

impl Inmem {
    /// An empty storage with the default limits.
    pub fn new() -> Self {
        let capabilities =
            Capabilities::basic().with_batches(BATCH_OPS_MAX, BATCH_BYTES_MAX).with_checks();
        Self { entries: RwLock::default(), capabilities, lock: None }
    }

    /// The same storage, honouring the fences of this lock.
    #[must_use]
    pub fn with_lock(mut self, lock: InmemLock) -> Self {
        self.lock = Some(lock);
        self.capabilities.fencing = true;
        self
    }

    /// An empty storage that takes values up to this many bytes.
    pub fn with_max_value_bytes(bytes: usize) -> Self {
        let mut inmem = Self::new();
        let key_bytes = inmem.capabilities.max_key_bytes;
        inmem.capabilities = inmem.capabilities.with_entry_limits(key_bytes, bytes);
        inmem
    }
}

impl Inmem {
    /// Checks a fence. The guard must live as long as the write: until it goes, nobody else gets
    /// the lock.
    fn admit(&self, fence: Option<&Fence>) -> Result<Option<MutexGuard<'_, Locks>>> {
        let Some(fence) = fence else { return Ok(None) };
        let lock = self.lock.as_ref().ok_or_else(|| Error::unsupported("fencing"))?;
        let mut locks = lock.frozen();
        locks.check(fence)?;
        Ok(Some(locks))
    }
}

impl Default for Inmem {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Storage for Inmem {
    fn capabilities(&self) -> Capabilities {
        self.capabilities
    }

    async fn get(&self, _op: Op, key: &str) -> Result<Option<Bytes>> {
        key::check_key(key)?;
        Ok(self.entries.read().get(key).cloned())
    }

    async fn put(&self, _op: Op, key: &str, value: Bytes, fence: Option<&Fence>) -> Result<()> {
        limits::check_entry(&self.capabilities, key, value.len())?;
        let mut entries = self.entries.write();
        let _frozen = self.admit(fence)?;
        entries.insert(key.into(), value);
        Ok(())
    }

    async fn delete(&self, _op: Op, key: &str, fence: Option<&Fence>) -> Result<()> {
        limits::check_entry(&self.capabilities, key, 0)?;
        let mut entries = self.entries.write();
        let _frozen = self.admit(fence)?;
        entries.remove(key);
        Ok(())
    }

    async fn list(&self, _op: Op, prefix: &str, after: &str, limit: usize) -> Result<Page> {
        key::check_prefix(prefix)?;
        let limit = if limit == 0 { PAGE_MAX } else { limit.min(PAGE_MAX) };
        Ok(children(&self.entries.read(), prefix, after, limit))
    }

    async fn apply(
        &self,
        _op: Op,
        checks: &[Check],
        writes: &[Write],
        fence: Option<&Fence>,
    ) -> Result<()> {
        limits::check_batch(&self.capabilities, checks, writes)?;
        let mut entries = self.entries.write();
        let _frozen = self.admit(fence)?;
        for check in checks {
            if !holds(&entries, check) {
                let message = "a checked key was changed meanwhile";
                return Err(Error::new(ErrorKind::Conflict, message));
            }
        }
        for write in writes {
            match write {
                Write::Put(key, value) => entries.insert(key.as_str().into(), value.clone()),
                Write::Delete(key) => entries.remove(key.as_str()),
            };
        }
        Ok(())
    }
}

fn holds(entries: &BTreeMap<Box<str>, Bytes>, check: &Check) -> bool {
    match check {
        Check::Absent(key) => !entries.contains_key(key.as_str()),
        Check::ValueIs(key, wanted) => {
            entries.get(key.as_str()).is_some_and(|value| digest::sha256(value) == *wanted)
        }
    }
}

/// One page of the children of `prefix`.
///
/// The order of the keys is the order of the names, because a subtree's name ends in the very `/`
/// that its keys go on with. A subtree is stepped over by seeking, so its size does not matter.
fn children(entries: &BTreeMap<Box<str>, Bytes>, prefix: &str, after: &str, limit: usize) -> Page {
    let mut page = Page::default();
    let mut from = Bound::Included(format!("{prefix}{after}"));
    loop {
        let start = from.as_ref().map(String::as_str);
        let Some((key, _)) = entries.range::<str, _>((start, Bound::Unbounded)).next() else {
            return page;
        };
        let Some(rest) = key.strip_prefix(prefix) else {
            return page;
        };
        let name = match rest.find('/') {
            Some(slash) => rest.get(..=slash).unwrap_or(rest),
            None => rest,
        };
        if name > after {
            if page.keys.len() == limit {
                page.more = true;
                return page;
            }
            page.keys.push(name.to_owned());
        }
        from = match name.strip_suffix('/') {
            // '0' is the byte after '/': the first key that is not in the subtree.
            Some(folder) => Bound::Included(format!("{prefix}{folder}0")),
            None => Bound::Excluded(key.to_string()),
        };
    }
}

// === impl InmemProvider ===

#[async_trait]
impl Provider for InmemProvider {
    fn name(&self) -> &str {
        "inmem"
    }

    async fn open(&self, mut settings: Settings) -> Result<Opened> {
        let locked = settings.take_bool("ha_enabled")?.unwrap_or_default();
        settings.finish()?;
        if !locked {
            return Ok(Opened { storage: Some(Arc::new(Inmem::new())), ..Opened::default() });
        }
        let lock = InmemLock::new();
        let storage = Inmem::new().with_lock(lock.clone());
        Ok(Opened {
            storage: Some(Arc::new(storage)),
            ha_lock: Some(Arc::new(lock)),
            ..Opened::default()
        })
    }
}
