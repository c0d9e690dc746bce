//! A storage in a sandbox: each call goes to an instance, each answer is checked.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use bytes::Bytes;
use plugin_api::{Capabilities, Changes, Check, Error, Fence, Op, Page, Result, Storage, Write};

use crate::wasm::{
    instance::{Live, calling},
    pool::{Effect, Pool},
    words,
};

/// The time from one question for changes to the next.
const POLL_PAUSE: Duration = Duration::from_millis(100);

/// A storage whose provider is a component.
pub(crate) struct WasmStorage {
    pool: Arc<Pool>,
    capabilities: Capabilities,
}

impl WasmStorage {
    pub(crate) fn new(pool: Arc<Pool>, capabilities: Capabilities) -> Self {
        Self { pool, capabilities }
    }

    /// Asks once for changes.
    async fn poll(&self, op: Op, cursor: Option<String>, wait: Duration) -> Result<Changes> {
        let call = calling(move |Live { store, exports, .. }, op| {
            Box::pin(async move {
                let wait = words::milliseconds(wait);
                exports.storage_changes()?.call_poll(store, op, cursor.as_deref(), wait).await
            })
        });
        words::changes(self.pool.call(op, Effect::Read, call).await?)
    }
}

#[async_trait]
impl Storage for WasmStorage {
    fn capabilities(&self) -> Capabilities {
        self.capabilities
    }

    async fn get(&self, op: Op, key: &str) -> Result<Option<Bytes>> {
        let key = key.to_owned();
        let call = calling(move |Live { store, exports, .. }, op| {
            Box::pin(async move { exports.storage()?.call_get(store, op, &key).await })
        });
        let value = self.pool.call(op, Effect::Read, call).await?;
        words::value(value, self.capabilities.max_value_bytes)
    }

    async fn put(&self, op: Op, key: &str, value: Bytes, fence: Option<&Fence>) -> Result<()> {
        let (key, fence) = (key.to_owned(), fence.map(words::fence));
        let call = calling(move |Live { store, exports, .. }, op| {
            Box::pin(async move {
                exports.storage()?.call_put(store, op, &key, &value, fence.as_ref()).await
            })
        });
        self.pool.call(op, Effect::Write, call).await
    }

    async fn delete(&self, op: Op, key: &str, fence: Option<&Fence>) -> Result<()> {
        let (key, fence) = (key.to_owned(), fence.map(words::fence));
        let call = calling(move |Live { store, exports, .. }, op| {
            Box::pin(async move {
                exports.storage()?.call_delete(store, op, &key, fence.as_ref()).await
            })
        });
        self.pool.call(op, Effect::Write, call).await
    }

    async fn list(&self, op: Op, prefix: &str, after: &str, limit: usize) -> Result<Page> {
        let (folder, from) = (prefix.to_owned(), after.to_owned());
        let call = calling(move |Live { store, exports, .. }, op| {
            Box::pin(async move {
                let limit = words::number(limit);
                exports.storage()?.call_list(store, op, &folder, &from, limit).await
            })
        });
        let page = self.pool.call(op, Effect::Read, call).await?;
        words::page(page, prefix, after, limit)
    }

    async fn apply(
        &self,
        op: Op,
        checks: &[Check],
        writes: &[Write],
        fence: Option<&Fence>,
    ) -> Result<()> {
        let checks: Vec<_> = checks.iter().map(words::check).collect();
        let writes: Vec<_> = writes.iter().map(words::write).collect();
        let fence = fence.map(words::fence);
        let call = calling(move |Live { store, exports, .. }, op| {
            Box::pin(async move {
                let storage = exports.storage()?;
                storage.call_apply(store, op, &checks, &writes, fence.as_ref()).await
            })
        });
        self.pool.call(op, Effect::Write, call).await
    }

    async fn changes(&self, op: Op, cursor: Option<&str>, wait: Duration) -> Result<Changes> {
        if !self.capabilities.changes {
            return Err(Error::unsupported("changes"));
        }
        // The guest is asked again and again, and waits only a little each time itself.
        let end = Instant::now() + wait.min(op.remaining() / 10 * 9);
        let mut cursor = cursor.map(str::to_owned);
        loop {
            let asked = Instant::now();
            let left = end.saturating_duration_since(asked);
            let found = self.poll(op, cursor.clone(), left.min(self.pool.patience())).await?;
            let pause = end.saturating_duration_since(Instant::now());
            let pause = pause.min(POLL_PAUSE.saturating_sub(asked.elapsed()));
            if !found.keys.is_empty() || found.overflow || Instant::now() >= end {
                return Ok(found);
            }
            cursor = Some(found.cursor);
            tokio::time::sleep(pause).await;
        }
    }

    async fn health(&self, op: Op) -> Result<()> {
        let call = calling(move |Live { store, exports, .. }, op| {
            Box::pin(async move { exports.storage()?.call_health(store, op).await })
        });
        self.pool.call(op, Effect::Read, call).await
    }

    async fn close(&self) -> Result<()> {
        self.pool.close().await
    }
}
