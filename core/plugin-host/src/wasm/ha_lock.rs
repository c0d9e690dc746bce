//! An HA lock in a sandbox: each call goes to an instance, each answer is checked.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use plugin_api::{Acquired, Fence, HaLock, Holder, Op, Result};

use crate::wasm::{
    instance::{Live, calling},
    pool::{Effect, Pool},
    words,
};

/// An HA lock whose provider is a component.
pub(crate) struct WasmHaLock {
    pool: Arc<Pool>,
}

impl WasmHaLock {
    pub(crate) fn new(pool: Arc<Pool>) -> Self {
        Self { pool }
    }
}

#[async_trait]
impl HaLock for WasmHaLock {
    async fn acquire(&self, op: Op, key: &str, value: &str, ttl: Duration) -> Result<Acquired> {
        let (lock, value) = (key.to_owned(), value.to_owned());
        let call = calling(move |Live { store, exports, .. }, op| {
            Box::pin(async move {
                let ttl = words::milliseconds(ttl);
                exports.ha_lock()?.call_acquire(store, op, &lock, &value, ttl).await
            })
        });
        words::acquired(self.pool.call(op, Effect::Write, call).await?, key)
    }

    async fn renew(&self, op: Op, fence: &Fence, ttl: Duration) -> Result<bool> {
        let fence = words::fence(fence);
        let call = calling(move |Live { store, exports, .. }, op| {
            Box::pin(async move {
                let ttl = words::milliseconds(ttl);
                exports.ha_lock()?.call_renew(store, op, &fence, ttl).await
            })
        });
        self.pool.call(op, Effect::Write, call).await
    }

    async fn release(&self, op: Op, fence: &Fence) -> Result<()> {
        let fence = words::fence(fence);
        let call = calling(move |Live { store, exports, .. }, op| {
            Box::pin(async move { exports.ha_lock()?.call_release(store, op, &fence).await })
        });
        self.pool.call(op, Effect::Write, call).await
    }

    async fn current(&self, op: Op, key: &str) -> Result<Option<Holder>> {
        let key = key.to_owned();
        let call = calling(move |Live { store, exports, .. }, op| {
            Box::pin(async move { exports.ha_lock()?.call_current(store, op, &key).await })
        });
        self.pool.call(op, Effect::Read, call).await?.map(words::holder).transpose()
    }
}
