//! The storage in memory, each layer around it, and the whole stack, under the conformance suite.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use conformance::{Random, seed, storage::Factory};
use plugin_api::{Capabilities, Check, Fence, Op, Page, Result, Storage, Write};
use storage::{Cache, CacheOptions, Inmem, Limits, Metered, Options, Retry, stack};

/// Gives the same storage again and again.
struct Shared(Arc<dyn Storage>);

#[async_trait]
impl Factory for Shared {
    async fn open(&self) -> Result<Arc<dyn Storage>> {
        Ok(self.0.clone())
    }

    async fn second(&self) -> Result<Option<Arc<dyn Storage>>> {
        Ok(Some(self.0.clone()))
    }
}

/// Dawdles before and after each call, so that calls overtake each other.
struct Dawdling {
    inner: Inmem,
    calls: AtomicU64,
    seed: u64,
}

impl Dawdling {
    async fn dawdle(&self) {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        match Random::new(self.seed ^ call).below(6) {
            0 => tokio::time::sleep(Duration::from_micros(300)).await,
            1..4 => tokio::task::yield_now().await,
            _ => (),
        }
    }
}

#[async_trait]
impl Storage for Dawdling {
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    async fn get(&self, op: Op, key: &str) -> Result<Option<Bytes>> {
        self.dawdle().await;
        let answer = self.inner.get(op, key).await;
        self.dawdle().await;
        answer
    }

    async fn put(&self, op: Op, key: &str, value: Bytes, fence: Option<&Fence>) -> Result<()> {
        self.dawdle().await;
        let answer = self.inner.put(op, key, value, fence).await;
        self.dawdle().await;
        answer
    }

    async fn delete(&self, op: Op, key: &str, fence: Option<&Fence>) -> Result<()> {
        self.dawdle().await;
        let answer = self.inner.delete(op, key, fence).await;
        self.dawdle().await;
        answer
    }

    async fn list(&self, op: Op, prefix: &str, after: &str, limit: usize) -> Result<Page> {
        self.inner.list(op, prefix, after, limit).await
    }

    async fn apply(
        &self,
        op: Op,
        checks: &[Check],
        writes: &[Write],
        fence: Option<&Fence>,
    ) -> Result<()> {
        self.dawdle().await;
        let answer = self.inner.apply(op, checks, writes, fence).await;
        self.dawdle().await;
        answer
    }
}

fn dawdling() -> Arc<dyn Storage> {
    Arc::new(Dawdling { inner: Inmem::new(), calls: AtomicU64::new(0), seed: seed() })
}

async fn check(storage: Arc<dyn Storage>) {
    conformance::storage::all(&Shared(storage)).await.assert_ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn inmem() {
    check(Arc::new(Inmem::new())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn limits() {
    check(Arc::new(Limits::new(Arc::new(Inmem::new()), 4))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn retry() {
    check(Arc::new(Retry::new(Arc::new(Inmem::new())))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn metered() {
    check(Arc::new(Metered::new(Arc::new(Inmem::new()), "inmem"))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cache() {
    check(Arc::new(Cache::new(Arc::new(Inmem::new()), &CacheOptions::default()))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cache_over_a_storage_whose_answers_overtake_each_other() {
    check(Arc::new(Cache::new(dawdling(), &CacheOptions::default()))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tiny_cache_over_a_storage_whose_answers_overtake_each_other() {
    let options = CacheOptions { entries: 4, bytes: 4_000, excluded: Vec::new() };
    check(Arc::new(Cache::new(dawdling(), &options))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whole_stack() {
    check(stack(dawdling(), &Options::named("inmem")).storage()).await;
}
