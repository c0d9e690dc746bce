//! A view over a map in memory, for tests: what is written is there at once, effects wait.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use bytes::Bytes;

use crate::{Entries, Result, View};

type Effect = Box<dyn FnOnce() + Send>;

/// A store and a transaction at once.
#[derive(Default)]
pub struct Memory {
    entries: Mutex<BTreeMap<String, Bytes>>,
    effects: Mutex<Vec<Effect>>,
}

impl Memory {
    /// Lets the effects happen.
    pub fn commit(&self) {
        let effects = std::mem::take(&mut *held(&self.effects));
        effects.into_iter().for_each(|effect| effect());
    }

    /// All keys, in order.
    pub fn keys(&self) -> Vec<String> {
        held(&self.entries).keys().cloned().collect()
    }
}

#[async_trait]
impl View for Memory {
    async fn get(&self, key: &str) -> Result<Option<Bytes>> {
        Ok(held(&self.entries).get(key).cloned())
    }

    async fn peek(&self, key: &str) -> Result<Option<Bytes>> {
        self.get(key).await
    }

    async fn list(&self, prefix: &str, after: &str, limit: usize) -> Result<Entries> {
        let entries = held(&self.entries);
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
        held(&self.entries).insert(key.to_owned(), value);
        Ok(())
    }

    fn delete(&self, key: &str) -> Result<()> {
        held(&self.entries).remove(key);
        Ok(())
    }

    fn on_commit(&self, effect: Effect) {
        held(&self.effects).push(effect);
    }
}

/// A test that failed while it held the lock has said so already.
fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}
