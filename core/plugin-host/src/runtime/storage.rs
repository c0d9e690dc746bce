//! A storage in use: each call goes to the present generation and is measured.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use parking_lot::Mutex;
use plugin_api::{
    Bytes, Capabilities, Changes, Check, ClusteredStorage, Fence, Op, Page, Result, Storage, Write,
};

use crate::runtime::{
    meter::{Meter, Operation},
    slot::Slot,
};

/// A storage whose provider can be exchanged.
pub(super) struct StorageInUse {
    pub(super) slot: Slot<dyn Storage>,
    /// The same for every generation: whoever asked once need not ask again.
    capabilities: Capabilities,
    /// A provider of this binary is never exchanged, and may have more than a loaded one.
    bundled: Option<Arc<dyn Storage>>,
    /// What a generation that was closed has left to its successor, while there is none.
    pub(super) left: Mutex<Bytes>,
    get: Arc<Operation>,
    put: Arc<Operation>,
    delete: Arc<Operation>,
    list: Arc<Operation>,
    apply: Arc<Operation>,
    changes: Arc<Operation>,
    health: Arc<Operation>,
}

impl StorageInUse {
    pub(super) fn new(storage: Arc<dyn Storage>, bundled: bool, meter: &Arc<Meter>) -> Self {
        Self {
            capabilities: storage.capabilities(),
            bundled: bundled.then(|| Arc::clone(&storage)),
            left: Mutex::default(),
            slot: Slot::new(storage),
            get: meter.operation("get"),
            put: meter.operation("put"),
            delete: meter.operation("delete"),
            list: meter.operation("list"),
            apply: meter.operation("apply"),
            changes: meter.operation("changes"),
            health: meter.operation("health"),
        }
    }
}

#[async_trait]
impl Storage for StorageInUse {
    fn capabilities(&self) -> Capabilities {
        self.capabilities
    }

    async fn get(&self, op: Op, key: &str) -> Result<Option<Bytes>> {
        let present = self.slot.enter(op).await?;
        let start = Instant::now();
        self.get.record(start, present.plugin.get(op, key).await)
    }

    async fn put(&self, op: Op, key: &str, value: Bytes, fence: Option<&Fence>) -> Result<()> {
        let present = self.slot.enter(op).await?;
        let start = Instant::now();
        self.put.record(start, present.plugin.put(op, key, value, fence).await)
    }

    async fn delete(&self, op: Op, key: &str, fence: Option<&Fence>) -> Result<()> {
        let present = self.slot.enter(op).await?;
        let start = Instant::now();
        self.delete.record(start, present.plugin.delete(op, key, fence).await)
    }

    async fn list(&self, op: Op, prefix: &str, after: &str, limit: usize) -> Result<Page> {
        let present = self.slot.enter(op).await?;
        let start = Instant::now();
        self.list.record(start, present.plugin.list(op, prefix, after, limit).await)
    }

    async fn apply(
        &self,
        op: Op,
        checks: &[Check],
        writes: &[Write],
        fence: Option<&Fence>,
    ) -> Result<()> {
        let present = self.slot.enter(op).await?;
        let start = Instant::now();
        self.apply.record(start, present.plugin.apply(op, checks, writes, fence).await)
    }

    async fn changes(&self, op: Op, cursor: Option<&str>, wait: Duration) -> Result<Changes> {
        let present = self.slot.enter(op).await?;
        let start = Instant::now();
        self.changes.record(start, present.plugin.changes(op, cursor, wait).await)
    }

    async fn health(&self, op: Op) -> Result<()> {
        let present = self.slot.enter(op).await?;
        let start = Instant::now();
        self.health.record(start, present.plugin.health(op).await)
    }

    async fn close(&self) -> Result<()> {
        match self.slot.present() {
            Some(present) => present.close().await,
            None => Ok(()),
        }
    }

    fn clustered(&self) -> Option<&dyn ClusteredStorage> {
        self.bundled.as_deref().and_then(Storage::clustered)
    }
}
