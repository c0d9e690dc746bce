//! A part of a store, in memory, whose transaction is always committed, and whose reads are counted.

use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use logical::{Entries, Result, View, testing};

/// The entries, and how often they were read.
#[derive(Default)]
pub(crate) struct Memory {
    inner: testing::Memory,
    reads: AtomicUsize,
}

impl Memory {
    /// The keys, in order.
    pub(crate) fn keys(&self) -> Vec<String> {
        self.inner.keys()
    }

    /// How often an entry or a listing was read since the last time this was asked.
    pub(crate) fn take_reads(&self) -> usize {
        self.reads.swap(0, Ordering::Relaxed)
    }
}

#[async_trait]
impl View for Memory {
    async fn get(&self, key: &str) -> Result<Option<Bytes>> {
        plugin_api::key::check_key(key).expect("a key that storages take");
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.inner.get(key).await
    }

    async fn peek(&self, key: &str) -> Result<Option<Bytes>> {
        self.get(key).await
    }

    async fn list(&self, prefix: &str, after: &str, limit: usize) -> Result<Entries> {
        plugin_api::key::check_prefix(prefix).expect("a prefix that storages take");
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.inner.list(prefix, after, limit).await
    }

    fn put(&self, key: &str, value: Bytes) -> Result<()> {
        plugin_api::key::check_key(key).expect("a key that storages take");
        self.inner.put(key, value)
    }

    fn delete(&self, key: &str) -> Result<()> {
        self.inner.delete(key)
    }

    fn on_commit(&self, effect: Box<dyn FnOnce() + Send>) {
        effect();
    }
}
