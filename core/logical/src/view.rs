//! What a backend sees of the store: its own part, within one transaction.

use async_trait::async_trait;
use bytes::Bytes;

use crate::{Error, Result};

/// A part of the store, in the clear, within the transaction of one request.
///
/// Reads see the transaction's own writes. Writes are kept back and take effect together when the
/// pipeline commits; a handler may be run again from the start if another request got in between,
/// so it does nothing else that lasts, except through [`on_commit`](Self::on_commit).
#[async_trait]
pub trait View: Send + Sync {
    /// The value of a key.
    async fn get(&self, key: &str) -> Result<Option<Bytes>>;

    /// A value that is only shown: the transaction neither keeps it nor checks at the commit that it
    /// is still the same. For listings, which read more than fits into a commit.
    async fn peek(&self, key: &str) -> Result<Option<Bytes>>;

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

/// A view whose reads are only shown ([`View::peek`]), and through which nothing is written.
pub struct Shown<'a>(pub &'a dyn View);

#[async_trait]
impl View for Shown<'_> {
    async fn get(&self, key: &str) -> Result<Option<Bytes>> {
        self.0.peek(key).await
    }

    async fn peek(&self, key: &str) -> Result<Option<Bytes>> {
        self.0.peek(key).await
    }

    async fn list(&self, prefix: &str, after: &str, limit: usize) -> Result<Entries> {
        self.0.list(prefix, after, limit).await
    }

    fn put(&self, _key: &str, _value: Bytes) -> Result<()> {
        Err(Error::internal("a write in a view that only shows"))
    }

    fn delete(&self, _key: &str) -> Result<()> {
        Err(Error::internal("a removal in a view that only shows"))
    }

    fn on_commit(&self, effect: Box<dyn FnOnce() + Send>) {
        self.0.on_commit(effect);
    }
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

    async fn peek(&self, key: &str) -> Result<Option<Bytes>> {
        self.inner.peek(&self.key(key)).await
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
