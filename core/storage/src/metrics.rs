//! The layer that measures: `vault.<storage>.<call>` in milliseconds, and its errors.
//!
//! The handles are made once, when the layer is built; the server installs its recorder before.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use bytes::Bytes;
use metrics::{Counter, Histogram};
use plugin_api::{
    Capabilities, Changes, Check, ClusteredStorage, ErrorKind, Fence, Op, Page, Result, Storage,
    Write,
};

/// A storage whose calls are measured.
pub struct Metered {
    inner: Arc<dyn Storage>,
    get: Meter,
    put: Meter,
    delete: Meter,
    list: Meter,
    list_page: Meter,
    transaction: Meter,
}

/// The time and the errors of one kind of call.
struct Meter {
    milliseconds: Histogram,
    errors: Counter,
}

// === impl Metered ===

impl Metered {
    /// Measures a storage under this name (`raft-storage`, `file`, …).
    pub fn new(inner: Arc<dyn Storage>, name: &str) -> Self {
        let meter = |call: &str| Meter::new(name, call);
        Self {
            inner,
            get: meter("get"),
            put: meter("put"),
            delete: meter("delete"),
            list: meter("list"),
            list_page: meter("list-page"),
            transaction: meter("transaction"),
        }
    }
}

#[async_trait]
impl Storage for Metered {
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    async fn get(&self, op: Op, key: &str) -> Result<Option<Bytes>> {
        let start = Instant::now();
        let result = self.inner.get(op, key).await;
        self.get.record(start, result)
    }

    async fn put(&self, op: Op, key: &str, value: Bytes, fence: Option<&Fence>) -> Result<()> {
        let start = Instant::now();
        let result = self.inner.put(op, key, value, fence).await;
        self.put.record(start, result)
    }

    async fn delete(&self, op: Op, key: &str, fence: Option<&Fence>) -> Result<()> {
        let start = Instant::now();
        let result = self.inner.delete(op, key, fence).await;
        self.delete.record(start, result)
    }

    async fn list(&self, op: Op, prefix: &str, after: &str, limit: usize) -> Result<Page> {
        let start = Instant::now();
        let result = self.inner.list(op, prefix, after, limit).await;
        let whole = after.is_empty() && limit == 0;
        let meter = if whole { &self.list } else { &self.list_page };
        meter.record(start, result)
    }

    async fn apply(
        &self,
        op: Op,
        checks: &[Check],
        writes: &[Write],
        fence: Option<&Fence>,
    ) -> Result<()> {
        let start = Instant::now();
        let result = self.inner.apply(op, checks, writes, fence).await;
        self.transaction.record(start, result)
    }

    /// Not measured: a long poll lasts as long as nothing happens.
    async fn changes(&self, op: Op, cursor: Option<&str>, wait: Duration) -> Result<Changes> {
        self.inner.changes(op, cursor, wait).await
    }

    async fn health(&self, op: Op) -> Result<()> {
        self.inner.health(op).await
    }

    async fn close(&self) -> Result<()> {
        self.inner.close().await
    }

    fn clustered(&self) -> Option<&dyn ClusteredStorage> {
        self.inner.clustered()
    }
}

// === impl Meter ===

impl Meter {
    fn new(storage: &str, call: &str) -> Self {
        Self {
            milliseconds: metrics::histogram!(format!("vault.{storage}.{call}")),
            errors: metrics::counter!(format!("vault.{storage}.{call}.errors")),
        }
    }

    fn record<T>(&self, start: Instant, result: Result<T>) -> Result<T> {
        self.milliseconds.record(start.elapsed().as_secs_f64() * 1_000.0);
        match &result {
            // A conflict is an answer, not a fault of the storage.
            Err(error) if error.kind != ErrorKind::Conflict => self.errors.increment(1),
            _ => (),
        }
        result
    }
}
