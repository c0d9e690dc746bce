//! The layer that remembers: a read-through, write-through cache with negative entries.
//!
//! What it answers stays linearizable:
//!
//! - A write drops the entry before it is sent, and nobody may install one until it has ended; so a
//!   reader never goes back from the new value to the old.
//! - A read installs its value only if nothing happened in the shard since it set out.
//! - Of two overlapping writes of a key neither installs: the order they took effect in is unknown.
//! - A write whose outcome is unknown may land late; its key is not cached for a while.

use std::{
    hash::{BuildHasher, RandomState},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use metrics::Counter;
use plugin_api::{
    Capabilities, Changes, Check, ClusteredStorage, Error, Fence, Op, Page, Result, Storage, Write,
};

use crate::cache::shard::{Lookup, Outcome, Shard};

mod shard;
#[cfg(test)]
mod tests;

/// The most shards; a small cache has fewer, so that its bound still means something.
const SHARDS_MAX: usize = 64;
/// The fewest entries that are worth a shard of their own.
const SHARD_ENTRIES_MIN: usize = 64;

/// How large the cache may grow, and what it leaves alone.
#[derive(Clone, Debug)]
pub struct CacheOptions {
    /// The most entries.
    pub entries: usize,
    /// The most bytes, of keys, values and bookkeeping.
    pub bytes: usize,
    /// Prefixes of keys that are never cached.
    pub excluded: Vec<String>,
}

/// A storage with a cache in front.
pub struct Cache {
    inner: Arc<dyn Storage>,
    shards: Box<[Shard]>,
    hasher: RandomState,
    excluded: Vec<String>,
    on: AtomicBool,
    counters: Counters,
}

/// The metrics, made once.
struct Counters {
    hit: Counter,
    miss: Counter,
    write: Counter,
    delete: Counter,
}

/// Writes that are under way. Dropped before they ended, their outcome is unknown.
struct Writing<'a> {
    cache: &'a Cache,
    keys: Vec<Written<'a>>,
    settled: bool,
}

/// A key and the value that it is to have.
struct Written<'a> {
    shard: &'a Shard,
    hash: u64,
    key: &'a str,
    value: Option<Bytes>,
}

// === impl CacheOptions ===

impl Default for CacheOptions {
    /// 131,072 entries, 64 MiB; not the keys that several nodes write or watch.
    fn default() -> Self {
        let excluded = [
            "sys/expire/",
            "core/lock",
            "core/leader/",
            "core/raft/tls",
            "core/seal-config",
            "core/recovery-config",
        ];
        Self { entries: 131_072, bytes: 64 << 20, excluded: excluded.map(str::to_owned).to_vec() }
    }
}

// === impl Cache ===

impl Cache {
    /// A cache in front of a storage.
    pub fn new(inner: Arc<dyn Storage>, options: &CacheOptions) -> Self {
        let wanted = (options.entries / SHARD_ENTRIES_MIN).clamp(1, SHARDS_MAX);
        let count = 1_usize << wanted.ilog2();
        let (entries, bytes) = (options.entries / count, options.bytes / count);
        let counter = |event: &str| metrics::counter!(format!("vault.cache.{event}"));
        Self {
            inner,
            shards: (0..count).map(|_| Shard::new(entries, bytes)).collect(),
            hasher: RandomState::new(),
            excluded: options.excluded.clone(),
            on: AtomicBool::new(true),
            counters: Counters {
                hit: counter("hit"),
                miss: counter("miss"),
                write: counter("write"),
                delete: counter("delete"),
            },
        }
    }

    /// Drops one key: another node has changed it.
    pub fn forget(&self, key: &str) {
        if let Some((shard, hash)) = self.shard(key) {
            shard.forget(hash, key);
        }
    }

    /// Drops everything: other nodes may have changed anything.
    pub fn purge(&self) {
        self.shards.iter().for_each(Shard::purge);
    }

    /// Switches the cache on or off; either way it begins empty.
    pub fn set_on(&self, on: bool) {
        self.on.store(false, Ordering::SeqCst);
        self.purge();
        self.on.store(on, Ordering::SeqCst);
    }

    /// How many keys it knows of, the missing ones included.
    pub fn entries(&self) -> usize {
        self.shards.iter().map(Shard::entries).sum()
    }

    /// The bytes it holds.
    pub fn bytes(&self) -> usize {
        self.shards.iter().map(Shard::bytes).sum()
    }

    fn shard(&self, key: &str) -> Option<(&Shard, u64)> {
        let hash = self.hasher.hash_one(key);
        // The map inside a shard uses the low and the topmost bits; these are from the middle.
        let index = (hash >> 32) as usize & (self.shards.len() - 1);
        self.shards.get(index).map(|shard| (shard, hash))
    }

    fn may_hold(&self, key: &str) -> bool {
        self.on.load(Ordering::SeqCst)
            && !self.excluded.iter().any(|prefix| key.starts_with(prefix))
    }

    /// Announces writes: until they have ended, nobody installs anything for their keys.
    fn begin<'a>(&'a self, mut writes: Vec<(&'a str, Option<Bytes>)>) -> Writing<'a> {
        // Of several writes of a key the last one counts: the sort keeps their order.
        writes.sort_by_key(|&(key, _)| key);
        writes.dedup_by(|later, kept| {
            later.0 == kept.0 && {
                std::mem::swap(later, kept);
                true
            }
        });
        let written = |(key, value): (&'a str, Option<Bytes>)| {
            let (shard, hash) = self.shard(key)?;
            shard.begin(hash, key);
            Some(Written { shard, hash, key, value })
        };
        let keys = writes.into_iter().filter_map(written).collect();
        Writing { cache: self, keys, settled: false }
    }
}

#[async_trait]
impl Storage for Cache {
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    async fn get(&self, op: Op, key: &str) -> Result<Option<Bytes>> {
        let Some((shard, hash)) = self.shard(key).filter(|_| self.on.load(Ordering::SeqCst)) else {
            return self.inner.get(op, key).await;
        };
        match shard.lookup(hash, key) {
            Lookup::Hit(value) => {
                self.counters.hit.increment(1);
                Ok(value)
            }
            Lookup::Miss(ticket) => {
                self.counters.miss.increment(1);
                let value = self.inner.get(op, key).await?;
                if self.may_hold(key) {
                    shard.install(hash, key, value.clone(), ticket);
                }
                Ok(value)
            }
        }
    }

    async fn put(&self, op: Op, key: &str, value: Bytes, fence: Option<&Fence>) -> Result<()> {
        self.counters.write.increment(1);
        let writing = self.begin(vec![(key, Some(value.clone()))]);
        writing.settle(self.inner.put(op, key, value, fence).await)
    }

    async fn delete(&self, op: Op, key: &str, fence: Option<&Fence>) -> Result<()> {
        self.counters.delete.increment(1);
        let writing = self.begin(vec![(key, None)]);
        writing.settle(self.inner.delete(op, key, fence).await)
    }

    async fn list(&self, op: Op, prefix: &str, after: &str, limit: usize) -> Result<Page> {
        self.inner.list(op, prefix, after, limit).await
    }

    async fn apply(
        &self,
        op: Op,
        checks: &[Check],
        writes: &[Write],
        fence: Option<&Fence>,
    ) -> Result<()> {
        self.counters.write.increment(1);
        let writing = self.begin(writes.iter().map(written).collect());
        let result = writing.settle(self.inner.apply(op, checks, writes, fence).await);
        if result.is_err() {
            // Whoever checked against a cached value must see the stored one when trying again.
            for Check::Absent(key) | Check::ValueIs(key, _) in checks {
                self.forget(key);
            }
        }
        result
    }

    async fn changes(&self, op: Op, cursor: Option<&str>, wait: Duration) -> Result<Changes> {
        self.inner.changes(op, cursor, wait).await
    }

    async fn health(&self, op: Op) -> Result<()> {
        self.inner.health(op).await
    }

    async fn close(&self) -> Result<()> {
        self.set_on(false);
        self.inner.close().await
    }

    fn clustered(&self) -> Option<&dyn ClusteredStorage> {
        self.inner.clustered()
    }
}

/// What a write leaves behind.
fn written(write: &Write) -> (&str, Option<Bytes>) {
    match write {
        Write::Put(key, value) => (key, Some(value.clone())),
        Write::Delete(key) => (key, None),
    }
}

// === impl Writing ===

impl Writing<'_> {
    /// Ends the writes with what the storage answered.
    fn settle(mut self, result: Result<()>) -> Result<()> {
        self.settled = true;
        for Written { shard, hash, key, value } in std::mem::take(&mut self.keys) {
            let outcome = match &result {
                Ok(()) if self.cache.may_hold(key) => Outcome::Written(value),
                Ok(()) => Outcome::Gone,
                Err(Error { maybe_applied: true, .. }) => Outcome::Unknown,
                Err(_) => Outcome::Gone,
            };
            shard.end(hash, key, outcome);
        }
        result
    }
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        if !self.settled {
            for Written { shard, hash, key, .. } in &self.keys {
                shard.end(*hash, key, Outcome::Unknown);
            }
        }
    }
}
