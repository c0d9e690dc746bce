//! `storage "mem-rust"`: a storage that keeps everything in memory, until your service is in its
//! place. What each call promises is said at the trait, `plugin_api::Storage`.
//!
//! The smallest storage there is. One instance has all the data, so it is not shareable.

use std::{
    collections::BTreeMap,
    ops::Bound,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use plugin_api::{
    Bytes, Capabilities, Check, Error, ErrorKind, Fence, Op, Opened, Page, Provider, Result,
    Settings, Storage, Write, async_trait, digest, key,
};

/// The most names in one page of a listing.
const PAGE_MAX: usize = 10_000;
/// The longest value, in bytes.
const VALUE_BYTES_MAX: usize = 1 << 20;
/// The most writes in one batch.
const BATCH_OPS_MAX: usize = 10_000;
/// The most bytes of keys and values in one batch.
const BATCH_BYTES_MAX: usize = 16 << 20;

/// Opens the storage of a stanza.
pub struct Opener;

#[derive(Default)]
struct Stored {
    entries: Mutex<BTreeMap<String, Bytes>>,
}

plugin_api::export! {
    provider = Opener,
    manifest = {
        name: "mem-rust",
        kinds: [storage],
        license: "Apache-2.0",
        description: "A storage for Strongroom.",
    }
}

#[async_trait]
impl Provider for Opener {
    fn name(&self) -> &str {
        "mem-rust"
    }

    async fn open(&self, settings: Settings) -> Result<Opened> {
        // `settings.require("address")?` takes a setting; what nobody took is refused by its name.
        settings.finish()?;
        Ok(Opened { storage: Some(Arc::new(Stored::default())), ..Opened::default() })
    }
}

impl Stored {
    fn entries(&self) -> MutexGuard<'_, BTreeMap<String, Bytes>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Storage for Stored {
    fn capabilities(&self) -> Capabilities {
        Capabilities::basic()
            .with_batches(BATCH_OPS_MAX, BATCH_BYTES_MAX)
            .with_checks()
            .with_entry_limits(key::KEY_BYTES_MAX, VALUE_BYTES_MAX)
    }

    async fn get(&self, _op: Op, key: &str) -> Result<Option<Bytes>> {
        check_entry(key, 0)?;
        Ok(self.entries().get(key).cloned())
    }

    async fn put(&self, op: Op, key: &str, value: Bytes, fence: Option<&Fence>) -> Result<()> {
        self.apply(op, &[], &[Write::Put(key.to_owned(), value)], fence).await
    }

    async fn delete(&self, op: Op, key: &str, fence: Option<&Fence>) -> Result<()> {
        self.apply(op, &[], &[Write::Delete(key.to_owned())], fence).await
    }

    async fn list(&self, _op: Op, prefix: &str, after: &str, limit: usize) -> Result<Page> {
        key::check_prefix(prefix)?;
        let limit = if limit == 0 { PAGE_MAX } else { limit.min(PAGE_MAX) };
        let entries = self.entries();
        let mut keys: Vec<String> = Vec::new();
        let mut from = Bound::Included(prefix.to_owned());
        while let Some((key, _)) = entries.range::<String, _>((from, Bound::Unbounded)).next() {
            let Some(rest) = key.strip_prefix(prefix) else { break };
            let name = match rest.split_once('/') {
                Some((folder, _)) => format!("{folder}/"),
                None => rest.to_owned(),
            };
            // Past a whole subtree at once: '0' is the next character after '/'.
            from = match name.strip_suffix('/') {
                Some(folder) => Bound::Included(format!("{prefix}{folder}0")),
                None => Bound::Excluded(key.clone()),
            };
            if name.as_str() > after {
                if keys.len() == limit {
                    return Ok(Page { keys, more: true });
                }
                keys.push(name);
            }
        }
        Ok(Page { keys, more: false })
    }

    async fn apply(
        &self,
        _op: Op,
        checks: &[Check],
        writes: &[Write],
        fence: Option<&Fence>,
    ) -> Result<()> {
        check_batch(checks, writes, fence)?;
        let mut entries = self.entries();
        let holds = |check: &Check| match check {
            Check::Absent(key) => !entries.contains_key(key),
            Check::ValueIs(key, wanted) => {
                entries.get(key).is_some_and(|value| digest::sha256(value) == *wanted)
            }
        };
        if !checks.iter().all(holds) {
            return Err(Error::new(ErrorKind::Conflict, "a checked key was changed meanwhile"));
        }
        for write in writes {
            match write {
                Write::Put(key, value) => entries.insert(key.clone(), value.clone()),
                Write::Delete(key) => entries.remove(key),
            };
        }
        Ok(())
    }
}

fn check_batch(checks: &[Check], writes: &[Write], fence: Option<&Fence>) -> Result<()> {
    if fence.is_some() {
        return Err(Error::unsupported("fencing"));
    }
    let bytes = writes.iter().map(Write::bytes).sum();
    check_size("writes in a batch", writes.len(), BATCH_OPS_MAX)?;
    check_size("checks in a batch", checks.len(), BATCH_OPS_MAX)?;
    check_size("bytes in a batch", bytes, BATCH_BYTES_MAX)?;
    for write in writes {
        match write {
            Write::Put(key, value) => check_entry(key, value.len())?,
            Write::Delete(key) => check_entry(key, 0)?,
        }
    }
    checks.iter().try_for_each(|check| match check {
        Check::Absent(key) | Check::ValueIs(key, _) => check_entry(key, 0),
    })
}

fn check_entry(key: &str, value_bytes: usize) -> Result<()> {
    key::check_key(key)?;
    check_size("bytes in a value", value_bytes, VALUE_BYTES_MAX)
}

fn check_size(what: &str, size: usize, limit: usize) -> Result<()> {
    if size <= limit {
        return Ok(());
    }
    Err(Error::new(ErrorKind::TooLarge, format!("{size} {what}, the limit is {limit}")))
}
