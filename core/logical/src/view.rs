//! What a backend sees of the store: its own part, within one transaction.

use async_trait::async_trait;
use bytes::Bytes;

use crate::Result;

/// A part of the store, in the clear, within the transaction of one request.
///
/// Reads see the transaction's own writes. Writes are kept back and take effect together when the
/// pipeline commits; a handler may be run again from the start if another request got in between,
/// so it does nothing else that lasts, except through [`on_commit`](Self::on_commit).
#[async_trait]
pub trait View: Send + Sync {
    /// The value of a key.
    async fn get(&self, key: &str) -> Result<Option<Bytes>>;

    /// The immediate children of `prefix` (empty or ending in `/`) after `after`, in byte order,
    /// at most `limit` (0: all).
    async fn list(&self, prefix: &str, after: &str, limit: usize) -> Result<Entries>;

    /// Writes a value.
    fn put(&self, key: &str, value: Bytes) -> Result<()>;

    /// Removes a key.
    fn delete(&self, key: &str) -> Result<()>;

    /// Does something, to caches and timers in memory, once the transaction has been committed.
    fn on_commit(&self, effect: Box<dyn FnOnce() + Send>);
}

/// Names below a prefix.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Entries {
    /// A key as `name`, a subtree once as `name/`.
    pub keys: Vec<String>,
    /// Whether there are further names.
    pub more: bool,
}

/// The part of a view below a prefix.
#[derive(Clone)]
pub struct Prefixed<'a> {
    inner: &'a dyn View,
    prefix: String,
}

impl<'a> Prefixed<'a> {
    /// The part of `inner` below `prefix`, which is empty or ends in `/`.
    pub fn new(inner: &'a dyn View, prefix: impl Into<String>) -> Self {
        Self { inner, prefix: prefix.into() }
    }

    fn key(&self, key: &str) -> String {
        let mut full = String::with_capacity(self.prefix.len() + key.len());
        full.push_str(&self.prefix);
        full.push_str(key);
        full
    }
}

#[async_trait]
impl View for Prefixed<'_> {
    async fn get(&self, key: &str) -> Result<Option<Bytes>> {
        self.inner.get(&self.key(key)).await
    }

    async fn list(&self, prefix: &str, after: &str, limit: usize) -> Result<Entries> {
        self.inner.list(&self.key(prefix), after, limit).await
    }

    fn put(&self, key: &str, value: Bytes) -> Result<()> {
        self.inner.put(&self.key(key), value)
    }

    fn delete(&self, key: &str) -> Result<()> {
        self.inner.delete(&self.key(key))
    }

    fn on_commit(&self, effect: Box<dyn FnOnce() + Send>) {
        self.inner.on_commit(effect);
    }
}
