//! Storages as components under the conformance suite.

use std::{path::PathBuf, process::Command, sync::Arc};

use async_trait::async_trait;
use conformance::storage::Factory;
use parking_lot::Mutex;
use plugin_api::{Result, Storage};
use plugin_host::{Kind, Loaded, Loader, load};

use crate::fixtures::{component, folder, op, open, root, spec, storage, target_folder};

/// One handle, shared; it is replaced when it is to be reopened.
pub(crate) struct Components {
    loaded: Loaded,
    settings: Vec<(&'static str, &'static str)>,
    durable: bool,
    opened: Mutex<Option<Arc<dyn Storage>>>,
}

impl Components {
    pub(crate) fn new(
        loaded: Loaded,
        settings: &[(&'static str, &'static str)],
        durable: bool,
    ) -> Self {
        Self { loaded, settings: settings.to_vec(), durable, opened: Mutex::new(None) }
    }

    async fn fresh(&self) -> Result<Arc<dyn Storage>> {
        let storage = open(&self.loaded, &self.settings).await?.storage.unwrap();
        *self.opened.lock() = Some(storage.clone());
        Ok(storage)
    }
}

#[async_trait]
impl Factory for Components {
    async fn open(&self) -> Result<Arc<dyn Storage>> {
        let opened = self.opened.lock().clone();
        match opened {
            Some(storage) => Ok(storage),
            None => self.fresh().await,
        }
    }

    async fn open_with(&self, name: &str, value: &str) -> Option<Result<Arc<dyn Storage>>> {
        let mut settings = self.settings.clone();
        settings.push((name, value));
        let opened = open(&self.loaded, &settings).await;
        Some(opened.map(|opened| opened.storage.unwrap()))
    }

    async fn reopen(&self, storage: Arc<dyn Storage>) -> Result<Option<Arc<dyn Storage>>> {
        drop(storage);
        if !self.durable {
            return Ok(None);
        }
        self.opened.lock().take();
        Ok(Some(self.fresh().await?))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_memory() {
    let loaded = load(&spec(Kind::Storage, &component("storage-rust-mem.wasm"))).unwrap();
    assert_eq!(loaded.loader, Loader::Wasm);
    assert_eq!(loaded.manifest.name, "mem-rust");
    assert_eq!(loaded.manifest.kinds, ["storage"]);
    assert_eq!(loaded.manifest.world.as_deref(), Some("strongroom:plugin/storage@0.1.0"));
    let report = conformance::storage::all(&Components::new(loaded, &[], false)).await;
    println!("{report}");
    report.assert_ok();
}

/// The file storage as a component: built here, or the kept one if this machine has no WASM target.
fn storage_file() -> PathBuf {
    let target = target_folder();
    let built = Command::new(env!("CARGO"))
        .current_dir(root().join("plugins/storage-file"))
        .args(["rustc", "--quiet", "--release", "--target", "wasm32-wasip2", "--features", "wasm"])
        .args(["--crate-type", "cdylib", "--target-dir"])
        .arg(&target)
        .output()
        .unwrap();
    if built.status.success() {
        return target.join("wasm32-wasip2/release/storage_file.wasm");
    }
    let said = String::from_utf8_lossy(&built.stderr);
    let absent = said.contains("target may not be installed");
    assert!(absent, "the file storage does not build as a component:\n{said}");
    println!("the kept component is tested; to build one, run: rustup target add wasm32-wasip2");
    component("storage-file.wasm")
}

#[tokio::test(flavor = "multi_thread")]
async fn file() {
    let data = tempfile::tempdir().unwrap();
    let mut spec = spec(Kind::Storage, &storage_file());
    spec.grants = vec![folder("/data", data.path(), true)];
    let loaded = load(&spec).unwrap();
    let files = Components::new(loaded, &[("path", "/data")], true);
    let report = conformance::storage::all(&files).await;
    println!("{report}");
    report.assert_ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn closed() {
    let storage = storage(&spec(Kind::Storage, &component("storage-rust-mem.wasm")), &[]).await;
    storage.put(op(), "a", "1".into(), None).await.unwrap();
    assert_eq!(storage.get(op(), "a").await.unwrap().unwrap(), "1");
    storage.close().await.unwrap();
    let error = storage.get(op(), "a").await.unwrap_err();
    assert_eq!(error.message, "the plugin has been closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn settings() {
    let loaded = load(&spec(Kind::Storage, &component("storage-rust-mem.wasm"))).unwrap();
    let error = open(&loaded, &[("pth", "/x")]).await.err().unwrap();
    assert!(error.message.contains("the setting \"pth\" is not known here"), "{error}");
    // Each opening has data of its own.
    let (one, two) = (open(&loaded, &[]).await.unwrap(), open(&loaded, &[]).await.unwrap());
    let (one, two) = (one.storage.unwrap(), two.storage.unwrap());
    one.put(op(), "a", "1".into(), None).await.unwrap();
    assert_eq!(two.get(op(), "a").await.unwrap(), None);
}
