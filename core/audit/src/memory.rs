//! A view over a map in memory, for tests: what is written is there at once, effects wait.

use std::{collections::BTreeMap, sync::Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use logical::{Entries, Result, View};

type Effect = Box<dyn FnOnce() + Send>;

/// A store and a transaction at once.
#[derive(Default)]
pub(crate) struct Memory {
    entries: Mutex<BTreeMap<String, Bytes>>,
    effects: Mutex<Vec<Effect>>,
}

impl Memory {
    /// Lets the effects happen.
    pub(crate) fn commit(&self) {
        let effects = self.effects.lock().map(|mut all| std::mem::take(&mut *all));
        effects.unwrap_or_default().into_iter().for_each(|effect| effect());
    }

    /// All keys.
    pub(crate) fn keys(&self) -> Vec<String> {
        self.entries.lock().map(|all| all.keys().cloned().collect()).unwrap_or_default()
    }
}

#[async_trait]
impl View for Memory {
    async fn get(&self, key: &str) -> Result<Option<Bytes>> {
        Ok(self.entries.lock().ok().and_then(|all| all.get(key).cloned()))
    }

    async fn list(&self, prefix: &str, after: &str, limit: usize) -> Result<Entries> {
        let mut keys: Vec<String> = self
            .keys()
            .iter()
            .filter_map(|key| key.strip_prefix(prefix))
            .map(|rest| match rest.split_once('/') {
                Some((folder, _)) => format!("{folder}/"),
                None => rest.to_owned(),
            })
            .filter(|name| name.as_str() > after)
            .collect();
        keys.sort();
        keys.dedup();
        let limit = if limit == 0 { usize::MAX } else { limit };
        let more = keys.len() > limit;
        keys.truncate(limit);
        Ok(Entries { keys, more })
    }

    fn put(&self, key: &str, value: Bytes) -> Result<()> {
        if let Ok(mut all) = self.entries.lock() {
            all.insert(key.to_owned(), value);
        }
        Ok(())
    }

    fn delete(&self, key: &str) -> Result<()> {
        if let Ok(mut all) = self.entries.lock() {
            all.remove(key);
        }
        Ok(())
    }

    fn on_commit(&self, effect: Effect) {
        if let Ok(mut all) = self.effects.lock() {
            all.push(effect);
        }
    }
}
