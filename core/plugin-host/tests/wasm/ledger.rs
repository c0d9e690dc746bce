//! An HA lock, fences and changes through a component, under the conformance suites.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use parking_lot::Mutex;
use plugin_api::{Acquired, ErrorKind, HaLock, Opened, Result, Storage};
use plugin_host::{Kind, Loaded, PluginSpec, load};

use crate::fixtures::{component, folder, op, open, spec};

/// The ledger in a folder: one handle, which plays all nodes, for it is one handle's alone.
struct Ledger {
    loaded: Loaded,
    opened: Mutex<Option<Opened>>,
    _folder: tempfile::TempDir,
}

fn granted(kind: Kind, path: &std::path::Path) -> PluginSpec {
    let mut spec = spec(kind, &component("ledger.wasm"));
    spec.grants = vec![folder("/data", path, true)];
    spec
}

const SETTINGS: [(&str, &str); 1] = [("path", "/data")];

impl Ledger {
    fn new(kind: Kind) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let loaded = load(&granted(kind, folder.path())).unwrap();
        assert_eq!(loaded.manifest.kinds, ["storage", "storage-changes", "ha-lock"]);
        Self { loaded, opened: Mutex::new(None), _folder: folder }
    }

    async fn opened(&self) -> Result<Opened> {
        let opened = self.opened.lock().clone();
        match opened {
            Some(opened) => Ok(opened),
            None => {
                let opened = open(&self.loaded, &SETTINGS).await?;
                Ok(self.opened.lock().insert(opened).clone())
            }
        }
    }

    /// The handles that a case still has are on the same data, and nobody else gets at it before they
    /// are closed.
    async fn again(&self) -> Result<Opened> {
        let before = self.opened.lock().take();
        if let Some(storage) = before.and_then(|opened| opened.storage) {
            storage.close().await?;
        }
        self.opened().await
    }
}

const TTL: Duration = Duration::from_millis(500);

#[async_trait]
impl conformance::storage::Factory for Ledger {
    async fn open(&self) -> Result<Arc<dyn Storage>> {
        Ok(self.opened().await?.storage.unwrap())
    }

    async fn second(&self) -> Result<Option<Arc<dyn Storage>>> {
        Ok(self.opened().await?.storage)
    }

    async fn reopen(&self, storage: Arc<dyn Storage>) -> Result<Option<Arc<dyn Storage>>> {
        drop(storage);
        Ok(self.again().await?.storage)
    }

    async fn open_with(&self, name: &str, value: &str) -> Option<Result<Arc<dyn Storage>>> {
        let settings = [("path", "/data"), (name, value)];
        Some(open(&self.loaded, &settings).await.map(|opened| opened.storage.unwrap()))
    }

    async fn lock(&self) -> Result<Option<Arc<dyn HaLock>>> {
        Ok(self.opened().await?.ha_lock)
    }

    fn lock_ttl(&self) -> Duration {
        TTL
    }
}

#[async_trait]
impl conformance::ha_lock::Factory for Ledger {
    async fn open(&self) -> Result<Arc<dyn HaLock>> {
        Ok(self.opened().await?.ha_lock.unwrap())
    }

    async fn reopen(&self, lock: Arc<dyn HaLock>) -> Result<Option<Arc<dyn HaLock>>> {
        drop(lock);
        Ok(self.again().await?.ha_lock)
    }

    async fn storage(&self) -> Result<Option<Arc<dyn Storage>>> {
        Ok(self.opened().await?.storage)
    }

    fn ttl(&self) -> Duration {
        TTL
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn conforms_as_a_storage() {
    let report = conformance::storage::all(&Ledger::new(Kind::Storage)).await;
    println!("{report}");
    report.assert_ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn conforms_as_a_lock() {
    let report = conformance::ha_lock::all(&Ledger::new(Kind::HaLock)).await;
    println!("{report}");
    report.assert_ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poll_holds_nobody_up() {
    let storage = Ledger::new(Kind::Storage).opened().await.unwrap().storage.unwrap();
    let cursor = storage.changes(op(), None, Duration::ZERO).await.unwrap().cursor;
    let poll = tokio::spawn({
        let storage = storage.clone();
        async move { storage.changes(op(), Some(&cursor), Duration::from_secs(5)).await }
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    let begun = Instant::now();
    storage.put(op(), "a/b", "1".into(), None).await.unwrap();
    assert!(begun.elapsed() < Duration::from_millis(500), "{:?}", begun.elapsed());
    assert_eq!(poll.await.unwrap().unwrap().keys, ["a/b"]);
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poll_may_wait_longer_than_a_call() {
    let folder = tempfile::tempdir().unwrap();
    let mut spec = granted(Kind::Storage, folder.path());
    spec.limits.call_time = Duration::from_millis(500);
    let storage = open(&load(&spec).unwrap(), &SETTINGS).await.unwrap().storage.unwrap();
    let cursor = storage.changes(op(), None, Duration::ZERO).await.unwrap().cursor;
    let begun = Instant::now();
    let none = storage.changes(op(), Some(&cursor), Duration::from_millis(1_200)).await.unwrap();
    assert!(none.keys.is_empty() && !none.overflow, "{none:?}");
    assert!(begun.elapsed() >= Duration::from_millis(1_200), "{:?}", begun.elapsed());
    let error = storage.changes(op(), Some("x"), Duration::ZERO).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::InvalidArgument);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_outlives_its_instance() {
    let ledger = Ledger::new(Kind::HaLock);
    let lock = ledger.opened().await.unwrap().ha_lock.unwrap();
    let taken = lock.acquire(op(), "core/lock", "one", Duration::from_secs(60)).await.unwrap();
    let Acquired::Acquired(fence) = taken else { panic!("a free lock is held") };
    let lock = ledger.again().await.unwrap().ha_lock.unwrap();
    let held = lock.acquire(op(), "core/lock", "two", Duration::from_secs(60)).await.unwrap();
    assert!(matches!(&held, Acquired::Held(holder) if holder.value == "one"), "{held:?}");
    assert!(lock.renew(op(), &fence, Duration::from_secs(60)).await.unwrap());
}
