//! Components that are kept in the repository, and stanzas for them.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use plugin_api::{Op, Opened, Seal, Settings, Storage, digest};
use plugin_host::{Grant, Kind, Limits, Loaded, PluginSpec, load};

/// The top of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Where tests build components, apart from the folder that this very run may have locked.
pub(crate) fn target_folder() -> PathBuf {
    let folder = std::env::var_os("COMPONENTS_TARGET_DIR").map(PathBuf::from);
    folder.unwrap_or_else(|| root().join("target/components"))
}

/// A component that is kept built.
pub(crate) fn component(name: &str) -> PathBuf {
    root().join("tests/components").join(name)
}

/// A stanza for a file, with the digest that it has.
pub(crate) fn spec(kind: Kind, path: &Path) -> PluginSpec {
    let bytes = std::fs::read(path).unwrap();
    PluginSpec {
        kind,
        name: "tested".to_owned(),
        path: path.to_owned(),
        sha256: Some(digest::sha256(&bytes)),
        trust_full: false,
        report: None,
        grants: Vec::new(),
        limits: Limits { call_time: Duration::from_secs(20), ..Limits::default() },
    }
}

pub(crate) fn folder(name: &str, path: &Path, writable: bool) -> Grant {
    Grant::Dir { name: name.to_owned(), path: path.to_owned(), writable }
}

pub(crate) async fn open(loaded: &Loaded, settings: &[(&str, &str)]) -> plugin_api::Result<Opened> {
    let values = settings.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
    loaded.provider.open(Settings::new(values.collect::<BTreeMap<_, _>>())).await
}

pub(crate) async fn storage(spec: &PluginSpec, settings: &[(&str, &str)]) -> Arc<dyn Storage> {
    open(&load(spec).unwrap(), settings).await.unwrap().storage.unwrap()
}

pub(crate) async fn seal(spec: &PluginSpec, settings: &[(&str, &str)]) -> Arc<dyn Seal> {
    open(&load(spec).unwrap(), settings).await.unwrap().seal.unwrap()
}

pub(crate) fn op() -> Op {
    Op::within(Duration::from_secs(10))
}

/// The kept components are those that their digests say.
#[test]
fn digests() {
    let sums = std::fs::read_to_string(component("SHA256SUMS")).unwrap();
    let mut count = 0;
    for line in sums.lines() {
        let (digest, name) = line.split_once("  ./").unwrap();
        let bytes = std::fs::read(component(name)).unwrap();
        assert_eq!(
            hex::encode(digest::sha256(&bytes)),
            digest,
            "{name}: run tests/components/build"
        );
        count += 1;
    }
    assert_eq!(count, 6);
}
