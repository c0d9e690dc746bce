//! A folder that is granted for writing is one opened plugin's at a time.

use std::{path::Path, process::Command, sync::Arc};

use plugin_api::{ErrorKind, Provider as _, Result, Settings, Storage};
use plugin_host::{Kind, PluginSpec, load};
use storage_file::FileProvider;

use crate::fixtures::{component, folder, op, open, spec};

fn files(data: &Path, writable: bool) -> PluginSpec {
    let mut spec = spec(Kind::Storage, &component("storage-file.wasm"));
    spec.grants = vec![folder("/data", data, writable)];
    spec
}

async fn opened(spec: &PluginSpec) -> Result<Arc<dyn Storage>> {
    Ok(open(&load(spec).unwrap(), &[("path", "/data")]).await?.storage.unwrap())
}

async fn in_use(spec: &PluginSpec) {
    let error = opened(spec).await.err().unwrap();
    let words =
        "of the grant \"dir\" \"/data\" is in use by another server or plugin; close that one";
    assert_eq!(error.kind, ErrorKind::Conflict, "{error}");
    assert!(error.message.contains(words), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_at_a_time() {
    let data = tempfile::tempdir().unwrap();
    let spec = files(data.path(), true);
    let first = opened(&spec).await.unwrap();
    in_use(&spec).await;
    // The same folder by another way.
    let link = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(data.path(), link.path().join("link")).unwrap();
    in_use(&files(&link.path().join("link"), true)).await;
    // The first one is none the worse for it.
    first.put(op(), "a", "1".into(), None).await.unwrap();
    first.close().await.unwrap();
    let second = opened(&spec).await.unwrap();
    assert_eq!(second.get(op(), "a").await.unwrap().unwrap(), "1");
    // Nobody closes it: it is let go all the same.
    drop(second);
    let third = opened(&spec).await.unwrap();
    assert_eq!(third.get(op(), "a").await.unwrap().unwrap(), "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_setting_is_told_first() {
    let data = tempfile::tempdir().unwrap();
    let spec = files(data.path(), true);
    let _first = opened(&spec).await.unwrap();
    let loaded = load(&spec).unwrap();
    let error = open(&loaded, &[("path", "/data"), ("pth", "x")]).await.err().unwrap();
    assert_eq!(error.kind, ErrorKind::ConfigInvalid, "{error}");
    assert!(error.message.contains("\"pth\" is not known here"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whichever_way_the_others_are_loaded() {
    let data = tempfile::tempdir().unwrap();
    let path = data.path().to_str().unwrap().to_owned();
    let settings = Settings::new([("path".to_owned(), path)].into());
    let spec = files(data.path(), true);
    let bundled = FileProvider.open(settings.clone()).await.unwrap().storage.unwrap();
    in_use(&spec).await;
    bundled.close().await.unwrap();
    let component = opened(&spec).await.unwrap();
    let error = FileProvider.open(settings.clone()).await.err().unwrap();
    assert_eq!(error.kind, ErrorKind::Conflict, "{error}");
    component.close().await.unwrap();
    FileProvider.open(settings).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn another_process_counts_too() {
    let data = tempfile::tempdir().unwrap();
    let spec = files(data.path(), true);
    let locked = Command::new("flock").arg(data.path()).args(["sleep", "60"]).spawn();
    let Ok(mut other) = locked else { return println!("skipped: there is no flock here") };
    while !is_locked(data.path()) {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    in_use(&spec).await;
    // The lock goes with the process that holds it: `sleep` has it from `flock`.
    let children = format!("/proc/{0}/task/{0}/children", other.id());
    let children = std::fs::read_to_string(children).unwrap();
    Command::new("kill").args(children.split_whitespace()).status().unwrap();
    other.wait().unwrap();
    opened(&spec).await.unwrap();
}

fn is_locked(folder: &Path) -> bool {
    std::fs::File::open(folder).unwrap().try_lock().is_err()
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_do_not_count() {
    let data = tempfile::tempdir().unwrap();
    std::fs::write(data.path().join("note"), "hello").unwrap();
    let _writer = opened(&files(data.path(), true)).await.unwrap();
    let mut reader = spec(Kind::Storage, &component("misbehaving.wasm"));
    reader.grants = vec![folder("/in", data.path(), false)];
    for _ in 0..2 {
        let storage = crate::fixtures::storage(&reader, &[]).await;
        assert_eq!(storage.get(op(), "read/in/note").await.unwrap().unwrap(), "hello");
    }
    // Two grants of one folder are one plugin's.
    let both = tempfile::tempdir().unwrap();
    let mut twice = files(both.path(), true);
    twice.grants.push(folder("/again", both.path(), true));
    opened(&twice).await.unwrap();
}
