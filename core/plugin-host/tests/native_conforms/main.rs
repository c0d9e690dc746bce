//! Libraries under the conformance suites: a storage in C, the file storage, and all of Rust's half.
//!
//! One after the other, in a process of their own: a suite measures what its provider leaves behind.

#![cfg(all(feature = "native", target_os = "linux"))]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test ends at the first thing that is not as it must be, and says what it skips"
)]

#[path = "../native/build.rs"]
mod build;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use parking_lot::Mutex;
use plugin_api::{HaLock, Opened, Result, Seal, Settings, Storage};
use plugin_host::{Kind, Loaded, load};

use crate::build::{c, everything, rust, spec};

/// Held by the suite that runs.
static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// What is opened once, and shared.
struct Shared(Opened);

#[async_trait]
impl conformance::storage::Factory for Shared {
    async fn open(&self) -> Result<Arc<dyn Storage>> {
        Ok(self.0.storage.clone().unwrap())
    }

    async fn second(&self) -> Result<Option<Arc<dyn Storage>>> {
        Ok(self.0.storage.clone())
    }

    async fn lock(&self) -> Result<Option<Arc<dyn HaLock>>> {
        Ok(self.0.ha_lock.clone())
    }

    fn lock_ttl(&self) -> Duration {
        Duration::from_millis(500)
    }
}

#[async_trait]
impl conformance::ha_lock::Factory for Shared {
    async fn open(&self) -> Result<Arc<dyn HaLock>> {
        Ok(self.0.ha_lock.clone().unwrap())
    }

    async fn storage(&self) -> Result<Option<Arc<dyn Storage>>> {
        Ok(self.0.storage.clone())
    }

    fn ttl(&self) -> Duration {
        Duration::from_millis(500)
    }
}

#[async_trait]
impl conformance::seal::Factory for Shared {
    async fn open(&self) -> Result<Arc<dyn Seal>> {
        Ok(self.0.seal.clone().unwrap())
    }

    fn binds_aad(&self) -> Option<bool> {
        Some(true)
    }
}

/// A folder is one handle's alone: it is shared, and replaced on a crash.
struct Files {
    loaded: Loaded,
    folder: tempfile::TempDir,
    opened: Mutex<Option<Arc<dyn Storage>>>,
}

impl Files {
    fn settings(&self, more: Option<(&str, &str)>) -> Settings {
        let path = self.folder.path().to_str().unwrap();
        let pairs = more.into_iter().chain([("path", path)]);
        let owned = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Settings::new(owned.collect::<BTreeMap<_, _>>())
    }

    /// The handle that went closes in the background, and has the folder until then.
    async fn fresh(&self) -> Result<Arc<dyn Storage>> {
        let settings = self.settings(None);
        for _ in 0..500 {
            match self.loaded.provider.open(settings.clone()).await {
                Err(error) if error.message.contains("in use") => {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
                opened => {
                    let storage = opened?.storage.unwrap();
                    *self.opened.lock() = Some(storage.clone());
                    return Ok(storage);
                }
            }
        }
        panic!("the folder stays locked");
    }
}

#[async_trait]
impl conformance::storage::Factory for Files {
    async fn open(&self) -> Result<Arc<dyn Storage>> {
        let opened = self.opened.lock().clone();
        match opened {
            Some(storage) => Ok(storage),
            None => self.fresh().await,
        }
    }

    async fn reopen(&self, storage: Arc<dyn Storage>) -> Result<Option<Arc<dyn Storage>>> {
        drop(storage);
        self.opened.lock().take();
        Ok(Some(self.fresh().await?))
    }

    async fn open_with(&self, name: &str, value: &str) -> Option<Result<Arc<dyn Storage>>> {
        let opened = self.loaded.provider.open(self.settings(Some((name, value)))).await;
        Some(opened.map(|opened| opened.storage.unwrap()))
    }
}

async fn opened(path: &std::path::Path, kind: Kind) -> Shared {
    let loaded = load(&spec(kind, path)).unwrap();
    Shared(loaded.provider.open(Settings::default()).await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn storage_in_c() {
    let _turn = TURN.lock().await;
    let Some(path) = c("plugins/examples/storage-c/storage.c", &[]) else { return };
    let report = conformance::storage::all(&opened(&path, Kind::Storage).await).await;
    println!("{report}");
    report.assert_ok();
}

/// Runs a test again, in a process whose threads share their freed memory. glibc's keep it to
/// themselves otherwise, a hundred megabytes after a few rounds, and that looks like a leak.
fn in_few_arenas(test: &str) -> bool {
    const ARENAS: &str = "MALLOC_ARENA_MAX";
    if std::env::var_os(ARENAS).is_some() {
        return false;
    }
    let own = std::env::current_exe().unwrap();
    let mut again = std::process::Command::new(own);
    let status = again.args(["--exact", test, "--nocapture"]).env(ARENAS, "2").status();
    assert!(status.unwrap().success(), "{test} failed");
    true
}

#[tokio::test(flavor = "multi_thread")]
async fn storage_file() {
    let _turn = TURN.lock().await;
    if in_few_arenas("storage_file") {
        return;
    }
    let command = ["rustc", "--quiet", "-p", "storage-file", "--features", "native"];
    let command = [&command[..], &["--crate-type", "cdylib"]].concat();
    let path = rust(".", &command, "libstorage_file.so");
    let loaded = load(&spec(Kind::Storage, &path)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let files = Files { loaded, folder, opened: Mutex::new(None) };
    let report = conformance::storage::all(&files).await;
    println!("{report}");
    report.assert_ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_in_rust() {
    let _turn = TURN.lock().await;
    let path = everything();
    let storage = opened(&path, Kind::Storage).await;
    conformance::storage::all(&storage).await.assert_ok();
    let lock = opened(&path, Kind::HaLock).await;
    conformance::ha_lock::all(&lock).await.assert_ok();
    let seal = opened(&path, Kind::Seal).await;
    conformance::seal::all(&seal).await.assert_ok();
}
