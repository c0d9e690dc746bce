//! Libraries that are exchanged while calls are under way.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use plugin_api::{Bytes, Settings, Storage};
use plugin_host::{Catalog, Change, Kind, PluginSpec, Runtime, Wanted};

use crate::{
    build::rust,
    fixtures::{everything, op, spec},
};

fn settings(pairs: &[(&str, &str)]) -> Settings {
    let owned = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
    Settings::new(owned.collect::<BTreeMap<_, _>>())
}

fn runtime(spec: &PluginSpec) -> Runtime {
    let mut catalog = Catalog::default();
    catalog.load(std::slice::from_ref(spec)).unwrap();
    Runtime::new(catalog)
}

/// The same library with another digest: nobody reads what stands behind the last section.
fn again(library: &Path, folder: &Path, text: &str) -> PluginSpec {
    let mut bytes = std::fs::read(library).unwrap();
    bytes.extend_from_slice(text.as_bytes());
    let path = folder.join(format!("{text}.so"));
    std::fs::write(&path, bytes).unwrap();
    spec(Kind::Storage, &path)
}

async fn reload(runtime: &Runtime, spec: PluginSpec, settings: Settings) -> Result<Change, String> {
    let mut done = runtime.reload(vec![Wanted { spec, settings: Some(settings) }]).await;
    done.remove(0).outcome.map_err(|error| error.to_string())
}

fn storage_file() -> std::path::PathBuf {
    let command = ["rustc", "--quiet", "-p", "storage-file", "--features", "native"];
    rust(".", &[&command[..], &["--crate-type", "cdylib"]].concat(), "libstorage_file.so")
}

/// Reads and writes until it is told to stop; none of it may fail.
fn traffic(
    storage: Arc<dyn Storage>,
    stop: Arc<AtomicBool>,
    number: usize,
) -> tokio::task::JoinHandle<u64> {
    tokio::spawn(async move {
        let (key, mut count) = (format!("traffic/{number}"), 0_u64);
        while !stop.load(Ordering::Relaxed) {
            let value = Bytes::from(count.to_string());
            storage.put(op(), &key, value.clone(), None).await.unwrap();
            assert_eq!(storage.get(op(), &key).await.unwrap(), Some(value));
            count += 1;
        }
        count
    })
}

/// The folder has one owner: the old generation is closed, the new one opened, and nobody notices.
#[tokio::test(flavor = "multi_thread")]
async fn a_locked_folder_is_handed_over() {
    let (library, folder) = (storage_file(), tempfile::tempdir().unwrap());
    let data = folder.path().join("data");
    let path = [("path", data.to_str().unwrap())];
    let first = spec(Kind::Storage, &library);
    let runtime = runtime(&first);
    let storage = runtime.storage("tested", settings(&path)).await.unwrap();
    storage.put(op(), "kept/key", Bytes::from_static(b"value"), None).await.unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let calls: Vec<_> = (0..4).map(|i| traffic(storage.clone(), stop.clone(), i)).collect();
    assert_eq!(reload(&runtime, first, settings(&path)).await, Ok(Change::None));
    for generation in 2..=4 {
        let next = again(&library, folder.path(), &format!("generation-{generation}"));
        let done = reload(&runtime, next, settings(&path)).await;
        assert_eq!(done, Ok(Change::Exchanged { generation }));
    }
    // One that cannot be opened: the one before is opened again.
    let next = again(&library, folder.path(), "refused");
    let wrong = [("path", data.to_str().unwrap()), ("colour", "blue")];
    let why = reload(&runtime, next, settings(&wrong)).await.unwrap_err();
    assert!(why.contains("the old one stays") && why.contains("colour"), "{why}");
    // Other settings of the stanza that uses it are a change, too.
    let present = again(&library, folder.path(), "generation-4");
    assert_eq!(reload(&runtime, present.clone(), settings(&path)).await, Ok(Change::None));
    let elsewhere = folder.path().join("elsewhere");
    let elsewhere = settings(&[("path", elsewhere.to_str().unwrap())]);
    let why = reload(&runtime, present, elsewhere).await.unwrap_err();
    assert!(why.contains("does not see the data of the old one"), "{why}");
    stop.store(true, Ordering::Relaxed);
    for call in calls {
        assert!(call.await.unwrap() > 0);
    }
    assert_eq!(storage.get(op(), "kept/key").await.unwrap().unwrap(), "value");
    let shown = &runtime.shown()[0];
    assert_eq!((&shown["generation"], &shown["loader"]), (&4.into(), &"native".into()));
    assert!(shown["reload_error"].as_str().unwrap().contains("does not see"), "{shown:?}");
    assert!(shown["calls"]["put"]["count"].as_u64().unwrap() > 4);
    assert_eq!(shown["calls"]["put"]["errors"], 0);
    assert_eq!(shown["instances"]["open"], 1);
    storage.close().await.unwrap();
}

/// How many times a file was loaded, known by its size.
fn copies_in_memory(file: &Path) -> usize {
    let size = std::fs::metadata(file).unwrap().len();
    let descriptors = std::fs::read_dir("/proc/self/fd").unwrap();
    let is_copy = |path: &Path| {
        let is_ours = std::fs::read_link(path)
            .is_ok_and(|target| target.to_string_lossy().contains("strongroom-plugin"));
        is_ours && std::fs::metadata(path).is_ok_and(|it| it.len() == size)
    };
    descriptors.filter(|it| it.as_ref().is_ok_and(|it| is_copy(&it.path()))).count()
}

/// What keeps its data to itself cannot be exchanged without losing it: it is not.
#[tokio::test(flavor = "multi_thread")]
async fn data_is_not_lost() {
    let (library, folder) = (everything(), tempfile::tempdir().unwrap());
    let runtime = runtime(&spec(Kind::Storage, &library));
    let storage = runtime.storage("tested", settings(&[])).await.unwrap();
    storage.put(op(), "a", Bytes::from_static(b"value"), None).await.unwrap();
    let next = again(&library, folder.path(), "a generation of a size that no other has");
    // The second time it is not loaded again: nothing takes a library out of memory.
    for _ in 0..2 {
        let why = reload(&runtime, next.clone(), settings(&[])).await.unwrap_err();
        assert!(why.contains("does not see the data of the old one"), "{why}");
    }
    assert_eq!(copies_in_memory(&next.path), 1);
    assert_eq!(storage.get(op(), "a").await.unwrap().unwrap(), "value");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_file_changes_nothing() {
    let (library, folder) = (everything(), tempfile::tempdir().unwrap());
    let runtime = runtime(&spec(Kind::Storage, &library));
    let storage = runtime.storage("tested", settings(&[])).await.unwrap();
    storage.put(op(), "a", Bytes::from_static(b"value"), None).await.unwrap();
    let text = folder.path().join("text.so");
    std::fs::write(&text, "not a library").unwrap();
    let mut wrong = again(&library, folder.path(), "other");
    wrong.sha256 = Some([7; 32]);
    for (next, words) in [(spec(Kind::Storage, &text), "text.so"), (wrong, "sha256")] {
        let why = reload(&runtime, next, settings(&[])).await.unwrap_err();
        assert!(why.contains(words), "{why}");
        assert_eq!(storage.get(op(), "a").await.unwrap().unwrap(), "value");
        assert!(runtime.shown()[0]["reload_error"].as_str().unwrap().contains(words));
    }
}
