//! The layer that keeps every call within its limits: keys, sizes, time, and how many at once.
//!
//! Providers check their own limits too; this layer makes the answers the same for all of them, and
//! spares a remote store the calls that it would refuse.

use std::{pin::Pin, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use plugin_api::{
    Capabilities, Changes, Check, ClusteredStorage, Error, ErrorKind, Fence, Op, Page, Result,
    Storage, Write, key,
};
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::{Instant, timeout_at},
};

#[cfg(test)]
mod tests;

/// How many calls may be under way in the storage at once, unless the options say otherwise.
pub const PARALLEL_MAX: usize = 128;

/// A storage whose calls are within limits.
pub struct Limits {
    inner: Arc<dyn Storage>,
    capabilities: Capabilities,
    permits: Semaphore,
}

type Call<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// What it means to stop waiting for a call.
#[derive(Clone, Copy)]
enum Effect {
    Reads,
    Writes,
}

impl Limits {
    /// Limits around a storage: at most `parallel` calls at once (at least one).
    pub fn new(inner: Arc<dyn Storage>, parallel: usize) -> Self {
        let capabilities = inner.capabilities();
        let permits = Semaphore::new(parallel.clamp(1, Semaphore::MAX_PERMITS));
        Self { inner, capabilities, permits }
    }

    /// Waits for a turn, then for the call, and for neither beyond the deadline.
    async fn run<T>(&self, op: Op, effect: Effect, call: Call<'_, T>) -> Result<T> {
        let _permit = self.permit(op).await?;
        match timeout_at(Instant::from_std(op.deadline), call).await {
            Ok(result) => result,
            Err(_elapsed) => Err(late(effect)),
        }
    }

    async fn permit(&self, op: Op) -> Result<SemaphorePermit<'_>> {
        if op.remaining().is_zero() {
            let message = "the deadline passed before the storage was asked";
            return Err(Error::new(ErrorKind::Timeout, message));
        }
        if let Ok(permit) = self.permits.try_acquire() {
            return Ok(permit);
        }
        match timeout_at(Instant::from_std(op.deadline), self.permits.acquire()).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_closed)) => Err(Error::new(ErrorKind::Cancelled, "the storage is closed")),
            Err(_elapsed) => {
                let message = "the deadline passed while waiting for a turn at the storage";
                Err(Error::new(ErrorKind::Timeout, message))
            }
        }
    }
}

fn late(effect: Effect) -> Error {
    let error = Error::new(ErrorKind::Timeout, "the storage did not answer within the deadline");
    match effect {
        Effect::Reads => error,
        Effect::Writes => error.maybe_applied(),
    }
}

#[async_trait]
impl Storage for Limits {
    fn capabilities(&self) -> Capabilities {
        self.capabilities
    }

    async fn get(&self, op: Op, key: &str) -> Result<Option<Bytes>> {
        check_entry(&self.capabilities, key, 0)?;
        self.run(op, Effect::Reads, self.inner.get(op, key)).await
    }

    async fn put(&self, op: Op, key: &str, value: Bytes, fence: Option<&Fence>) -> Result<()> {
        check_entry(&self.capabilities, key, value.len())?;
        self.run(op, Effect::Writes, self.inner.put(op, key, value, fence)).await
    }

    async fn delete(&self, op: Op, key: &str, fence: Option<&Fence>) -> Result<()> {
        check_entry(&self.capabilities, key, 0)?;
        self.run(op, Effect::Writes, self.inner.delete(op, key, fence)).await
    }

    async fn list(&self, op: Op, prefix: &str, after: &str, limit: usize) -> Result<Page> {
        key::check_prefix(prefix)?;
        self.run(op, Effect::Reads, self.inner.list(op, prefix, after, limit)).await
    }

    async fn apply(
        &self,
        op: Op,
        checks: &[Check],
        writes: &[Write],
        fence: Option<&Fence>,
    ) -> Result<()> {
        check_batch(&self.capabilities, checks, writes)?;
        self.run(op, Effect::Writes, self.inner.apply(op, checks, writes, fence)).await
    }

    /// Takes no turn: a long poll would keep it from the calls that are waiting.
    async fn changes(&self, op: Op, cursor: Option<&str>, wait: Duration) -> Result<Changes> {
        let call = self.inner.changes(op, cursor, wait);
        let answer = timeout_at(Instant::from_std(op.deadline), call).await;
        answer.unwrap_or_else(|_elapsed| Err(late(Effect::Reads)))
    }

    /// Takes no turn: a busy storage is not an unhealthy one.
    async fn health(&self, op: Op) -> Result<()> {
        let answer = timeout_at(Instant::from_std(op.deadline), self.inner.health(op)).await;
        answer.unwrap_or_else(|_elapsed| Err(late(Effect::Reads)))
    }

    /// Lets nobody in any more; calls under way are finished by the storage.
    async fn close(&self) -> Result<()> {
        self.permits.close();
        self.inner.close().await
    }

    fn clustered(&self) -> Option<&dyn ClusteredStorage> {
        self.inner.clustered()
    }
}

/// Checks a key, and the size of the value that goes with it.
pub(crate) fn check_entry(caps: &Capabilities, key: &str, value_bytes: usize) -> Result<()> {
    key::check_key(key)?;
    if key.len() > caps.max_key_bytes {
        return Err(too_large(
            "put failed due to key being too large",
            key.len(),
            caps.max_key_bytes,
        ));
    }
    if value_bytes > caps.max_value_bytes {
        let what = "put failed due to value being too large";
        return Err(too_large(what, value_bytes, caps.max_value_bytes));
    }
    Ok(())
}

/// Checks a batch against what the storage claims.
pub(crate) fn check_batch(caps: &Capabilities, checks: &[Check], writes: &[Write]) -> Result<()> {
    if !caps.atomic_batch {
        return Err(Error::unsupported("apply"));
    }
    if !caps.checks && !checks.is_empty() {
        return Err(Error::unsupported("apply with checks"));
    }
    for count in [writes.len(), checks.len()] {
        if count > caps.max_batch_ops {
            return Err(too_large("the batch has too many entries", count, caps.max_batch_ops));
        }
    }
    let mut bytes = 0_usize;
    for write in writes {
        let value_bytes = match write {
            Write::Put(_, value) => value.len(),
            Write::Delete(_) => 0,
        };
        check_entry(caps, write.key(), value_bytes)?;
        bytes = bytes.saturating_add(write.bytes());
    }
    if bytes > caps.max_batch_bytes {
        return Err(too_large("the batch is too large", bytes, caps.max_batch_bytes));
    }
    checks.iter().try_for_each(|check| match check {
        Check::Absent(key) | Check::ValueIs(key, _) => check_entry(caps, key, 0),
    })
}

fn too_large(what: &str, size: usize, limit: usize) -> Error {
    Error::new(ErrorKind::TooLarge, format!("{what}: {size}, the limit is {limit}"))
}
