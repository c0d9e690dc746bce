//! A part of a store, in memory, whose transaction is always committed.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use bytes::Bytes;
use logical::{Entries, Result, View};
use parking_lot::Mutex;

/// The entries, and how often they were read.
#[derive(Default)]
pub(crate) struct Memory {
    entries: Mutex<BTreeMap<String, Bytes>>,
    reads: Mutex<usize>,
}

impl Memory {
    /// The keys, in order.
    pub(crate) fn keys(&self) -> Vec<String> {
        self.entries.lock().keys().cloned().collect()
    }

    /// How often an entry or a listing was read since the last time this was asked.
    pub(crate) fn take_reads(&self) -> usize {
        std::mem::take(&mut *self.reads.lock())
    }
}

#[async_trait]
impl View for Memory {
    async fn get(&self, key: &str) -> Result<Option<Bytes>> {
        plugin_api::key::check_key(key).expect("a key that storages take");
        *self.reads.lock() += 1;
        Ok(self.entries.lock().get(key).cloned())
    }

    async fn list(&self, prefix: &str, after: &str, limit: usize) -> Result<Entries> {
        plugin_api::key::check_prefix(prefix).expect("a prefix that storages take");
        *self.reads.lock() += 1;
        let entries = self.entries.lock();
        let below = entries.keys().filter_map(|key| key.strip_prefix(prefix));
        let names: BTreeSet<String> = below
            .map(|rest| match rest.split_once('/') {
                Some((folder, _)) => format!("{folder}/"),
                None => rest.to_owned(),
            })
            .filter(|name| name.as_str() > after)
            .collect();
        let limit = if limit == 0 { usize::MAX } else { limit };
        let more = names.len() > limit;
        Ok(Entries { keys: names.into_iter().take(limit).collect(), more })
    }

    fn put(&self, key: &str, value: Bytes) -> Result<()> {
        plugin_api::key::check_key(key).expect("a key that storages take");
        self.entries.lock().insert(key.to_owned(), value);
        Ok(())
    }

    fn delete(&self, key: &str) -> Result<()> {
        self.entries.lock().remove(key);
        Ok(())
    }

    fn on_commit(&self, effect: Box<dyn FnOnce() + Send>) {
        effect();
    }
}
