//! An HA lock, watched.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use plugin_api::{Acquired, Fence, HaLock, Holder, Op, Result};

use super::Watched;

#[async_trait]
impl HaLock for Watched<dyn HaLock> {
    async fn acquire(&self, op: Op, key: &str, value: &str, ttl: Duration) -> Result<Acquired> {
        let begun = Instant::now();
        let result = self.inner.acquire(op, key, value, ttl).await;
        self.record.note("acquire", begun, &result);
        result
    }

    async fn renew(&self, op: Op, fence: &Fence, ttl: Duration) -> Result<bool> {
        let begun = Instant::now();
        let result = self.inner.renew(op, fence, ttl).await;
        self.record.note("renew", begun, &result);
        result
    }

    async fn release(&self, op: Op, fence: &Fence) -> Result<()> {
        let begun = Instant::now();
        let result = self.inner.release(op, fence).await;
        self.record.note("release", begun, &result);
        result
    }

    async fn current(&self, op: Op, key: &str) -> Result<Option<Holder>> {
        let begun = Instant::now();
        let result = self.inner.current(op, key).await;
        self.record.note("current", begun, &result);
        result
    }
}
