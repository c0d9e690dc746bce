//! The cache's rules, one by one, against a storage that is held and failed at will.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use parking_lot::Mutex;
use plugin_api::{
    Capabilities, Check, Error, ErrorKind, Fence, Op, Page, Result, Storage, Write, digest,
};
use tokio::sync::Semaphore;

use crate::{Cache, CacheOptions, Inmem};

/// An `Inmem` that counts reads, can hold back its answers and can fail the next write.
struct Probe {
    inmem: Inmem,
    gets: AtomicUsize,
    /// Each answer of a held probe takes one permit.
    gate: Semaphore,
    held: Mutex<bool>,
    fail: Mutex<Option<Error>>,
}

impl Probe {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            inmem: Inmem::new(),
            gets: AtomicUsize::new(0),
            gate: Semaphore::new(0),
            held: Mutex::new(false),
            fail: Mutex::new(None),
        })
    }

    async fn pass(&self) {
        if *self.held.lock() {
            self.gate.acquire().await.unwrap().forget();
        }
    }

    fn hold(&self) {
        *self.held.lock() = true;
    }

    fn release(&self, answers: usize) {
        self.gate.add_permits(answers);
    }

    fn fail_next(&self, error: Error) {
        *self.fail.lock() = Some(error);
    }

    fn failure(&self) -> Result<()> {
        self.fail.lock().take().map_or(Ok(()), Err)
    }

    fn gets(&self) -> usize {
        self.gets.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Storage for Probe {
    fn capabilities(&self) -> Capabilities {
        self.inmem.capabilities()
    }

    async fn get(&self, op: Op, key: &str) -> Result<Option<Bytes>> {
        self.gets.fetch_add(1, Ordering::SeqCst);
        let value = self.inmem.get(op, key).await;
        self.pass().await;
        value
    }

    async fn put(&self, op: Op, key: &str, value: Bytes, fence: Option<&Fence>) -> Result<()> {
        self.inmem.put(op, key, value, fence).await?;
        self.pass().await;
        self.failure()
    }

    async fn delete(&self, op: Op, key: &str, fence: Option<&Fence>) -> Result<()> {
        self.inmem.delete(op, key, fence).await?;
        self.pass().await;
        self.failure()
    }

    async fn list(&self, op: Op, prefix: &str, after: &str, limit: usize) -> Result<Page> {
        self.inmem.list(op, prefix, after, limit).await
    }

    async fn apply(
        &self,
        op: Op,
        checks: &[Check],
        writes: &[Write],
        fence: Option<&Fence>,
    ) -> Result<()> {
        self.inmem.apply(op, checks, writes, fence).await?;
        self.pass().await;
        self.failure()
    }
}

fn op() -> Op {
    Op::within(Duration::from_secs(30))
}

fn cached(probe: &Arc<Probe>) -> Arc<Cache> {
    Arc::new(Cache::new(probe.clone(), &CacheOptions::default()))
}

async fn put(storage: &dyn Storage, key: &str, value: &str) -> Result<()> {
    storage.put(op(), key, Bytes::copy_from_slice(value.as_bytes()), None).await
}

/// Reads `key` and checks the value and how many reads the storage has seen in all.
async fn check(cache: &Cache, probe: &Probe, key: &str, want: Option<&str>, gets: usize) {
    let value = cache.get(op(), key).await.unwrap();
    assert_eq!(value.as_deref(), want.map(str::as_bytes), "the value of {key}");
    assert_eq!(probe.gets(), gets, "reads that reached the storage, at {key}");
}

/// Lets spawned tasks run until they wait.
async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn reads_and_writes_go_through() {
    let probe = Probe::new();
    let cache = cached(&probe);
    check(&cache, &probe, "missing", None, 1).await;
    check(&cache, &probe, "missing", None, 1).await;
    put(&*cache, "missing", "1").await.unwrap();
    check(&cache, &probe, "missing", Some("1"), 1).await;
    cache.delete(op(), "missing", None).await.unwrap();
    check(&cache, &probe, "missing", None, 1).await;
    let writes = [Write::Put("a".into(), Bytes::from_static(b"x")), Write::Delete("a".into())];
    cache.apply(op(), &[], &writes, None).await.unwrap();
    check(&cache, &probe, "a", None, 1).await;
}

#[tokio::test]
async fn excluded_keys_are_never_held() {
    let probe = Probe::new();
    let cache = cached(&probe);
    put(&*cache, "sys/expire/x", "1").await.unwrap();
    check(&cache, &probe, "sys/expire/x", Some("1"), 1).await;
    check(&cache, &probe, "sys/expire/x", Some("1"), 2).await;
}

#[tokio::test]
async fn forget_and_purge_and_off() {
    let probe = Probe::new();
    let cache = cached(&probe);
    put(&*cache, "a", "1").await.unwrap();
    put(&probe.inmem, "a", "2").await.unwrap();
    check(&cache, &probe, "a", Some("1"), 0).await;
    cache.forget("a");
    check(&cache, &probe, "a", Some("2"), 1).await;
    put(&probe.inmem, "a", "3").await.unwrap();
    cache.purge();
    check(&cache, &probe, "a", Some("3"), 2).await;
    cache.set_on(false);
    check(&cache, &probe, "a", Some("3"), 3).await;
    check(&cache, &probe, "a", Some("3"), 4).await;
    cache.set_on(true);
    check(&cache, &probe, "a", Some("3"), 5).await;
    check(&cache, &probe, "a", Some("3"), 5).await;
}

#[tokio::test]
async fn a_read_overtaken_by_a_write_installs_nothing() {
    let probe = Probe::new();
    let cache = cached(&probe);
    put(&probe.inmem, "k", "old").await.unwrap();
    probe.hold();
    let reader = tokio::spawn({
        let cache = cache.clone();
        async move { cache.get(op(), "k").await }
    });
    settle().await;
    let writer = tokio::spawn({
        let cache = cache.clone();
        async move { put(&*cache, "k", "new").await }
    });
    settle().await;
    probe.release(2);
    assert_eq!(reader.await.unwrap().unwrap().as_deref(), Some(&b"old"[..]));
    writer.await.unwrap().unwrap();
    check(&cache, &probe, "k", Some("new"), 1).await;
}

#[tokio::test]
async fn a_read_during_a_write_installs_nothing() {
    let probe = Probe::new();
    let cache = cached(&probe);
    put(&*cache, "k", "old").await.unwrap();
    probe.hold();
    let writer = tokio::spawn({
        let cache = cache.clone();
        async move { put(&*cache, "k", "new").await }
    });
    settle().await;
    for gets in 1..4 {
        probe.release(0);
        let reader = tokio::spawn({
            let cache = cache.clone();
            async move { cache.get(op(), "k").await }
        });
        settle().await;
        assert_eq!(probe.gets(), gets, "every read during the write goes to the storage");
        reader.abort();
    }
    *probe.held.lock() = false;
    probe.release(1);
    writer.await.unwrap().unwrap();
    check(&cache, &probe, "k", Some("new"), 3).await;
}

#[tokio::test]
async fn overlapping_writes_install_nothing() {
    let probe = Probe::new();
    let cache = cached(&probe);
    probe.hold();
    let writers: Vec<_> = ["1", "2"]
        .into_iter()
        .map(|value| {
            let cache = cache.clone();
            tokio::spawn(async move { put(&*cache, "k", value).await })
        })
        .collect();
    settle().await;
    *probe.held.lock() = false;
    probe.release(2);
    for writer in writers {
        writer.await.unwrap().unwrap();
    }
    let stored = probe.inmem.get(op(), "k").await.unwrap().unwrap();
    check(&cache, &probe, "k", std::str::from_utf8(&stored).ok(), 1).await;
}

#[tokio::test]
async fn a_write_of_unknown_outcome_leaves_the_key_uncached() {
    let probe = Probe::new();
    let cache = cached(&probe);
    probe.fail_next(Error::new(ErrorKind::Timeout, "lost").maybe_applied());
    put(&*cache, "k", "1").await.unwrap_err();
    check(&cache, &probe, "k", Some("1"), 1).await;
    check(&cache, &probe, "k", Some("1"), 2).await;
    put(&*cache, "k", "2").await.unwrap();
    check(&cache, &probe, "k", Some("2"), 3).await;
}

#[tokio::test]
async fn an_abandoned_write_leaves_the_key_uncached() {
    let probe = Probe::new();
    let cache = cached(&probe);
    probe.hold();
    let writer = tokio::spawn({
        let cache = cache.clone();
        async move { put(&*cache, "k", "1").await }
    });
    settle().await;
    writer.abort();
    assert!(writer.await.unwrap_err().is_cancelled());
    *probe.held.lock() = false;
    check(&cache, &probe, "k", Some("1"), 1).await;
    check(&cache, &probe, "k", Some("1"), 2).await;
}

#[tokio::test]
async fn a_refused_write_only_drops_the_entry() {
    let probe = Probe::new();
    let cache = cached(&probe);
    put(&*cache, "k", "1").await.unwrap();
    put(&probe.inmem, "seen", "1").await.unwrap();
    check(&cache, &probe, "seen", Some("1"), 1).await;
    put(&probe.inmem, "seen", "2").await.unwrap();
    let checks = [Check::ValueIs("seen".into(), digest::sha256(b"1"))];
    let error = cache.apply(op(), &checks, &[Write::Delete("k".into())], None).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Conflict);
    check(&cache, &probe, "k", Some("1"), 2).await;
    check(&cache, &probe, "k", Some("1"), 2).await;
    check(&cache, &probe, "seen", Some("2"), 3).await;
}

#[tokio::test]
async fn bounds_hold_and_used_entries_stay() {
    let probe = Probe::new();
    let options = CacheOptions { entries: 100, bytes: 1 << 20, excluded: Vec::new() };
    let cache = Cache::new(probe.clone(), &options);
    put(&cache, "hot", "1").await.unwrap();
    for n in 0..1_000 {
        put(&cache, &format!("cold/{n}"), "1").await.unwrap();
        check(&cache, &probe, "hot", Some("1"), 0).await;
    }
    assert!(cache.entries() <= 100, "{} entries", cache.entries());
    let options = CacheOptions { entries: 100, bytes: 10_000, excluded: Vec::new() };
    let cache = Cache::new(probe, &options);
    for n in 0..1_000 {
        put(&cache, &format!("k/{n}"), &"v".repeat(n)).await.unwrap();
        assert!(cache.bytes() <= 10_000, "{} bytes", cache.bytes());
    }
}
