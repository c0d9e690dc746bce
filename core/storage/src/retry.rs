//! The layer that asks again: the only place in the server that repeats a storage call.
//!
//! Asked again is what the provider calls retryable, within the caller's deadline, and of writes
//! only those that certainly did not happen. A put alone would be idempotent, and yet a write that
//! may have been applied is not sent again: the lost first one may still be on its way, land after a
//! later write of the same key that was acknowledged, and undo it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use plugin_api::{
    Capabilities, Changes, Check, ClusteredStorage, Error, Fence, Op, Page, Result, Storage, Write,
};

#[cfg(test)]
mod tests;

/// The most repetitions of one call.
const RETRIES_MAX: u32 = 8;
/// The first pause; each further one is twice as long.
const PAUSE_FIRST: Duration = Duration::from_millis(20);
/// The longest pause.
const PAUSE_MAX: Duration = Duration::from_secs(1);

/// A storage whose passing faults are overcome.
pub struct Retry {
    inner: Arc<dyn Storage>,
    spread: AtomicU32,
}

impl Retry {
    /// Retries around a storage.
    pub fn new(inner: Arc<dyn Storage>) -> Self {
        Self { inner, spread: AtomicU32::new(0) }
    }

    /// Pauses before the next attempt, or gives the error back if there is to be none.
    async fn pause(&self, op: Op, retries: &mut u32, error: Error) -> Result<()> {
        if !error.retryable || error.maybe_applied || *retries == RETRIES_MAX {
            return Err(error);
        }
        let pause = self.jittered(PAUSE_FIRST.saturating_mul(1 << *retries).min(PAUSE_MAX));
        if pause >= op.remaining() {
            return Err(error);
        }
        *retries += 1;
        tracing::debug!(%error, retry = *retries, "storage call failed, asking again");
        tokio::time::sleep(pause).await;
        Ok(())
    }

    /// Between half the pause and the whole, evenly spread over the calls that failed together. The
    /// golden-ratio sequence does that without any randomness.
    fn jittered(&self, pause: Duration) -> Duration {
        let step = self.spread.fetch_add(0x9e37_79b9, Ordering::Relaxed);
        let share = f64::from(step) / f64::from(u32::MAX);
        pause.mul_f64(0.5 + share / 2.0)
    }
}

#[async_trait]
impl Storage for Retry {
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    async fn get(&self, op: Op, key: &str) -> Result<Option<Bytes>> {
        let mut retries = 0;
        loop {
            match self.inner.get(op, key).await {
                Err(error) => self.pause(op, &mut retries, error).await?,
                done => return done,
            }
        }
    }

    async fn put(&self, op: Op, key: &str, value: Bytes, fence: Option<&Fence>) -> Result<()> {
        let mut retries = 0;
        loop {
            match self.inner.put(op, key, value.clone(), fence).await {
                Err(error) => self.pause(op, &mut retries, error).await?,
                done => return done,
            }
        }
    }

    async fn delete(&self, op: Op, key: &str, fence: Option<&Fence>) -> Result<()> {
        let mut retries = 0;
        loop {
            match self.inner.delete(op, key, fence).await {
                Err(error) => self.pause(op, &mut retries, error).await?,
                done => return done,
            }
        }
    }

    async fn list(&self, op: Op, prefix: &str, after: &str, limit: usize) -> Result<Page> {
        let mut retries = 0;
        loop {
            match self.inner.list(op, prefix, after, limit).await {
                Err(error) => self.pause(op, &mut retries, error).await?,
                done => return done,
            }
        }
    }

    async fn apply(
        &self,
        op: Op,
        checks: &[Check],
        writes: &[Write],
        fence: Option<&Fence>,
    ) -> Result<()> {
        let mut retries = 0;
        loop {
            match self.inner.apply(op, checks, writes, fence).await {
                Err(error) => self.pause(op, &mut retries, error).await?,
                done => return done,
            }
        }
    }

    /// Not repeated: whoever follows the changes asks again anyway.
    async fn changes(&self, op: Op, cursor: Option<&str>, wait: Duration) -> Result<Changes> {
        self.inner.changes(op, cursor, wait).await
    }

    /// Not repeated: the question is how the storage is now.
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
