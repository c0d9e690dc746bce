//! A store in memory with transactions that check what they read, as the barrier's do.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use async_trait::async_trait;
use bytes::Bytes;
use logical::{Entries, Result, View};
use parking_lot::Mutex;

/// All keys, each with the number of the commit that wrote it.
#[derive(Clone, Default)]
pub(crate) struct Store {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    keys: BTreeMap<String, (u64, Bytes)>,
    commits: u64,
    reads: u64,
}

/// One transaction.
pub(crate) struct Transaction {
    store: Store,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    reads: BTreeMap<String, Option<(u64, Bytes)>>,
    writes: BTreeMap<String, Option<Bytes>>,
    effects: Vec<Box<dyn FnOnce() + Send>>,
}

/// The commit found something changed.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Conflict;

impl Store {
    pub(crate) fn with(keys: &[&str]) -> Self {
        let store = Self::default();
        let entry = |key: &&str| (key.to_string(), (0, Bytes::new()));
        store.shared.lock().keys = keys.iter().map(entry).collect();
        store
    }

    pub(crate) fn begin(&self) -> Transaction {
        Transaction { store: self.clone(), state: Mutex::default() }
    }

    /// The keys below a prefix.
    pub(crate) fn keys(&self, prefix: &str) -> Vec<String> {
        let shared = self.shared.lock();
        shared.keys.keys().filter(|key| key.starts_with(prefix)).cloned().collect()
    }

    /// How many reads reached the store.
    pub(crate) fn reads(&self) -> u64 {
        self.shared.lock().reads
    }

    /// Whether some value holds these bytes.
    pub(crate) fn tells(&self, text: &str) -> bool {
        let shared = self.shared.lock();
        shared.keys.iter().any(|(key, (_, value))| {
            key.contains(text) || String::from_utf8_lossy(value).contains(text)
        })
    }
}

impl Transaction {
    /// Commits; says how many writes there were.
    pub(crate) fn commit(self) -> Result<usize, Conflict> {
        let state = self.state.into_inner();
        let count = state.writes.len();
        if count > 0 {
            let mut shared = self.store.shared.lock();
            let same = |(key, read): (&String, &Option<(u64, Bytes)>)| {
                shared.keys.get(key).map(|(commit, _)| *commit)
                    == read.as_ref().map(|(commit, _)| *commit)
            };
            if !state.reads.iter().all(same) {
                return Err(Conflict);
            }
            shared.commits += 1;
            let commit = shared.commits;
            for (key, value) in state.writes {
                match value {
                    Some(value) => drop(shared.keys.insert(key, (commit, value))),
                    None => drop(shared.keys.remove(&key)),
                }
            }
        }
        state.effects.into_iter().for_each(|effect| effect());
        Ok(count)
    }
}

#[async_trait]
impl View for Transaction {
    async fn get(&self, key: &str) -> Result<Option<Bytes>> {
        let mut state = self.state.lock();
        if let Some(written) = state.writes.get(key) {
            return Ok(written.clone());
        }
        let read = state.reads.entry(key.to_owned()).or_insert_with(|| {
            let mut shared = self.store.shared.lock();
            shared.reads += 1;
            shared.keys.get(key).cloned()
        });
        Ok(read.as_ref().map(|(_, value)| value.clone()))
    }

    async fn peek(&self, key: &str) -> Result<Option<Bytes>> {
        self.get(key).await
    }

    async fn list(&self, prefix: &str, after: &str, limit: usize) -> Result<Entries> {
        let state = self.state.lock();
        let mut keys: BTreeSet<String> = {
            let mut shared = self.store.shared.lock();
            shared.reads += 1;
            shared.keys.keys().cloned().collect()
        };
        for (key, written) in &state.writes {
            match written {
                Some(_) => drop(keys.insert(key.clone())),
                None => drop(keys.remove(key)),
            }
        }
        let name = |key: &String| {
            let rest = key.strip_prefix(prefix)?;
            Some(match rest.split_once('/') {
                Some((folder, _)) => format!("{folder}/"),
                None => rest.to_owned(),
            })
        };
        let names: BTreeSet<String> = keys.iter().filter_map(name).collect();
        let mut names: Vec<String> =
            names.into_iter().filter(|name| name.as_str() > after).collect();
        let more = limit > 0 && names.len() > limit;
        if more {
            names.truncate(limit);
        }
        Ok(Entries { keys: names, more })
    }

    fn put(&self, key: &str, value: Bytes) -> Result<()> {
        self.state.lock().writes.insert(key.to_owned(), Some(value));
        Ok(())
    }

    fn delete(&self, key: &str) -> Result<()> {
        self.state.lock().writes.insert(key.to_owned(), None);
        Ok(())
    }

    fn on_commit(&self, effect: Box<dyn FnOnce() + Send>) {
        self.state.lock().effects.push(effect);
    }
}
