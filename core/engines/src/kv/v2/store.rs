//! How a version 2 mount lies in the store.
//!
//! | key | value |
//! |---|---|
//! | `config` | the settings of the mount |
//! | `keys/<path>` | the record of a secret, with the current version's data |
//! | `versions/<path>/<number>` | the data of an older version, as the JSON text it came in |
//! | `kv1/<path>` | a secret from before the mount became version 2 |
//!
//! The last segment of a version's key is always its number, so no two secrets can meet there.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use logical::{Call, Data, Entries, Result, View};
use serde::de::DeserializeOwned;
use serde_json::{Value, value::RawValue};

use crate::{
    Error, entry,
    kv::{
        v1,
        v2::{config::Config, record::Record},
    },
};

/// What an engine knows about its part of the store.
#[derive(Debug, Default)]
pub(in crate::kv) struct Store {
    /// Set once no entry of version 1 is left: none can come back.
    settled: Arc<AtomicBool>,
}

/// A version that was found.
pub(super) struct Found {
    /// Its members, without the data.
    pub(super) version: Data,
    /// Its data; `None` if it was deleted or destroyed.
    pub(super) secret: Option<Value>,
}

impl Store {
    /// A store that may hold entries of version 1.
    pub(in crate::kv) fn new() -> Self {
        Self::default()
    }

    /// The record of a secret.
    pub(in crate::kv) async fn load<D: DeserializeOwned>(
        &self,
        view: &dyn View,
        path: &str,
    ) -> Result<Option<Record<D>>> {
        let key = key(path);
        if let Some(value) = view.get(&key).await? {
            return entry::decode(&key, &value).map(Some);
        }
        if self.is_settled(view).await? {
            return Ok(None);
        }
        let key = v1::key(path);
        let Some(value) = view.get(&key).await? else { return Ok(None) };
        entry::decode(&key, &value).map(Record::from_version_1).map(Some)
    }

    /// Whether there is a record of a secret.
    pub(super) async fn holds(&self, view: &dyn View, path: &str) -> Result<bool> {
        if view.get(&key(path)).await?.is_some() {
            return Ok(true);
        }
        Ok(!self.is_settled(view).await? && view.get(&v1::key(path)).await?.is_some())
    }

    /// Writes the record of a secret.
    pub(in crate::kv) fn save(
        &self,
        view: &dyn View,
        path: &str,
        record: &Record<Box<RawValue>>,
    ) -> Result<()> {
        if record.is_version_1() {
            view.delete(&v1::key(path))?;
        }
        let key = key(path);
        view.put(&key, entry::encode(&key, record)?)
    }

    /// Removes a secret with all of its versions.
    pub(super) async fn remove(&self, view: &dyn View, path: &str) -> Result<()> {
        let Some(record) = self.load::<Box<RawValue>>(view, path).await? else { return Ok(()) };
        if record.is_version_1() {
            return view.delete(&v1::key(path));
        }
        for (&number, version) in &record.versions {
            if number != record.current && !version.destroyed {
                view.delete(&version_key(path, number))?;
            }
        }
        view.delete(&key(path))
    }

    /// Writes a new version of a secret.
    pub(super) fn add_version(
        &self,
        call: &Call<'_>,
        path: &str,
        record: &mut Record<Box<RawValue>>,
        data: Box<RawValue>,
        config: &Config,
    ) -> Result<()> {
        let before = record.current;
        if record.versions.get(&before).is_some_and(|version| !version.destroyed) {
            let value = record.data.get().to_owned().into_bytes();
            call.view.put(&version_key(path, before), value.into())?;
        }
        for number in record.push(data, config, call.now) {
            call.view.delete(&version_key(path, number))?;
        }
        self.save(call.view, path, record)
    }

    /// Removes the data of a version for good; the caller saves the record.
    pub(super) fn destroy(
        &self,
        view: &dyn View,
        path: &str,
        record: &mut Record<Box<RawValue>>,
        number: u64,
    ) -> Result<()> {
        let Some(version) = record.versions.get_mut(&number) else { return Ok(()) };
        if version.destroyed {
            return Ok(());
        }
        version.destroyed = true;
        if number == record.current {
            record.data = RawValue::NULL.to_owned();
            return Ok(());
        }
        view.delete(&version_key(path, number))
    }

    /// A version of a secret; 0 asks for the current one.
    pub(super) async fn find(
        &self,
        call: &Call<'_>,
        path: &str,
        number: u64,
    ) -> Result<Option<Found>> {
        if number == 0 {
            // The way of most reads: one entry, decoded once.
            let Some(record) = self.load::<Value>(call.view, path).await? else { return Ok(None) };
            let number = record.current;
            let Some(version) = record.versions.get(&number) else { return Ok(None) };
            let (gone, version) = (version.is_gone(call.now), record.version(number));
            return Ok(Some(Found { version, secret: (!gone).then_some(record.data) }));
        }
        let Some(record) = self.load::<Box<RawValue>>(call.view, path).await? else {
            return Ok(None);
        };
        let Some(version) = record.versions.get(&number) else { return Ok(None) };
        let secret = match version.is_gone(call.now) {
            true => None,
            false if number == record.current => {
                Some(entry::decode(&key(path), record.data.get().as_bytes())?)
            }
            false => Some(older(call.view, version_key(path, number)).await?),
        };
        Ok(Some(Found { version: record.version(number), secret }))
    }

    /// The names in a folder.
    pub(super) async fn list(
        &self,
        view: &dyn View,
        folder: &str,
        after: &str,
        limit: usize,
    ) -> Result<Entries> {
        let mut entries = view.list(&key(folder), after, limit).await?;
        if self.is_settled(view).await? {
            return Ok(entries);
        }
        let older = view.list(&v1::key(folder), after, limit).await?;
        entries.keys.extend(older.keys);
        entries.keys.sort_unstable();
        entries.keys.dedup();
        entries.more |= older.more;
        if limit > 0 && entries.keys.len() > limit {
            entries.keys.truncate(limit);
            entries.more = true;
        }
        Ok(entries)
    }

    async fn is_settled(&self, view: &dyn View) -> Result<bool> {
        if self.settled.load(Ordering::Relaxed) {
            return Ok(true);
        }
        if !view.list(v1::PREFIX, "", 1).await?.keys.is_empty() {
            return Ok(false);
        }
        // What is empty within this transaction is empty for all only once it is committed.
        let settled = Arc::clone(&self.settled);
        view.on_commit(Box::new(move || settled.store(true, Ordering::Relaxed)));
        Ok(true)
    }
}

async fn older(view: &dyn View, key: String) -> Result<Value> {
    match view.get(&key).await? {
        Some(value) => entry::decode(&key, &value),
        None => Err(Error::Missing { key }.into()),
    }
}

fn key(path: &str) -> String {
    format!("keys/{path}")
}

fn version_key(path: &str, number: u64) -> String {
    format!("versions/{path}/{number}")
}
