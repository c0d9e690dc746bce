//! The file storage under the conformance suite, in a folder of its own.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use async_trait::async_trait;
use conformance::storage::Factory;
use parking_lot::Mutex;
use plugin_api::{ErrorKind, Provider, Result, Settings, Storage};
use storage_file::{Config, FileProvider, FileStorage};

/// The folder is one process's alone, and one handle's: it is shared, and replaced on a crash.
struct Files {
    folder: tempfile::TempDir,
    opened: Mutex<Option<Arc<dyn Storage>>>,
}

impl Files {
    async fn fresh(&self) -> Result<Arc<dyn Storage>> {
        let config = Config { path: self.folder.path().to_owned() };
        let storage: Arc<dyn Storage> = Arc::new(FileStorage::open(config).await?);
        *self.opened.lock() = Some(storage.clone());
        Ok(storage)
    }
}

#[async_trait]
impl Factory for Files {
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
}

#[tokio::test(flavor = "multi_thread")]
async fn conforms() {
    let folder = tempfile::tempdir().unwrap();
    let files = Files { folder, opened: Mutex::new(None) };
    let report = conformance::storage::all(&files).await;
    println!("{report}");
    report.assert_ok();
}

async fn check(settings: &[(&str, &str)], words: &str) {
    let values = settings.iter().map(|(name, value)| (name.to_string(), value.to_string()));
    let values = Settings::new(values.collect::<BTreeMap<_, _>>());
    let error = FileProvider.open(values).await.err().map(|error| (error.kind, error.message));
    let right = error.as_ref().is_some_and(|(kind, message)| {
        *kind == ErrorKind::ConfigInvalid && message.contains(words)
    });
    assert!(right, "{settings:?}: {error:?}");
}

#[tokio::test]
async fn settings() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    check(&[], "\"path\" is missing").await;
    check(&[("path", "")], "\"path\" is empty").await;
    check(&[("path", path), ("pathh", path)], "\"pathh\" is not known").await;
    let settings = BTreeMap::from([("path".to_owned(), path.to_owned())]);
    let opened = FileProvider.open(Settings::new(settings)).await.unwrap();
    assert!(opened.storage.is_some() && opened.ha_lock.is_none() && opened.seal.is_none());
    assert!(Path::new(path).join("_/lock").exists());
}
