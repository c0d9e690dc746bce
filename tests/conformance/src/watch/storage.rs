//! A storage, watched.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use plugin_api::{
    Capabilities, Changes, Check, ClusteredStorage, Fence, Op, Page, Result, Storage, Write,
};

use super::Watched;

#[async_trait]
impl Storage for Watched<dyn Storage> {
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    async fn get(&self, op: Op, key: &str) -> Result<Option<Bytes>> {
        let begun = Instant::now();
        let result = self.inner.get(op, key).await;
        self.record.note("get", begun, &result);
        result
    }

    async fn put(&self, op: Op, key: &str, value: Bytes, fence: Option<&Fence>) -> Result<()> {
        let begun = Instant::now();
        let result = self.inner.put(op, key, value, fence).await;
        self.record.note("put", begun, &result);
        result
    }

    async fn delete(&self, op: Op, key: &str, fence: Option<&Fence>) -> Result<()> {
        let begun = Instant::now();
        let result = self.inner.delete(op, key, fence).await;
        self.record.note("delete", begun, &result);
        result
    }

    async fn list(&self, op: Op, prefix: &str, after: &str, limit: usize) -> Result<Page> {
        let begun = Instant::now();
        let result = self.inner.list(op, prefix, after, limit).await;
        self.record.note("list", begun, &result);
        result
    }

    async fn apply(
        &self,
        op: Op,
        checks: &[Check],
        writes: &[Write],
        fence: Option<&Fence>,
    ) -> Result<()> {
        let begun = Instant::now();
        let result = self.inner.apply(op, checks, writes, fence).await;
        self.record.note("apply", begun, &result);
        result
    }

    async fn changes(&self, op: Op, cursor: Option<&str>, wait: Duration) -> Result<Changes> {
        let begun = Instant::now();
        let result = self.inner.changes(op, cursor, wait).await;
        self.record.note("changes", begun, &result);
        result
    }

    async fn health(&self, op: Op) -> Result<()> {
        let begun = Instant::now();
        let result = self.inner.health(op).await;
        self.record.note("health", begun, &result);
        result
    }

    async fn close(&self) -> Result<()> {
        let begun = Instant::now();
        let result = self.inner.close().await;
        self.record.note("close", begun, &result);
        result
    }

    fn clustered(&self) -> Option<&dyn ClusteredStorage> {
        self.inner.clustered()
    }
}
