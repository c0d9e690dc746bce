//! Components that are exchanged, and what an operator is told of them.

use std::{collections::BTreeMap, path::Path, time::Duration};

use plugin_api::{Bytes, Secret, Settings};
use plugin_host::{Catalog, Change, Grant, GrantTls, Kind, PluginSpec, Runtime, Wanted};
use serde_json::{Value, json};

use crate::{
    fixtures::{component, op, spec},
    kms::{Kms, TOKEN},
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

/// The same component with another digest: one more custom section, which means nothing.
fn again(first: &PluginSpec, folder: &Path) -> PluginSpec {
    let mut bytes = std::fs::read(&first.path).unwrap();
    bytes.extend_from_slice(b"\0\x0b\x0ageneration");
    let path = folder.join("again.wasm");
    std::fs::write(&path, bytes).unwrap();
    let read = spec(first.kind, &path);
    PluginSpec { path, sha256: read.sha256, ..first.clone() }
}

async fn reload(runtime: &Runtime, spec: PluginSpec) -> Result<Change, String> {
    let mut done = runtime.reload(vec![Wanted { spec, settings: None }]).await;
    done.remove(0).outcome.map_err(|error| error.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storage_that_would_be_empty_stays() {
    let folder = tempfile::tempdir().unwrap();
    let first = spec(Kind::Storage, &component("storage-rust-mem.wasm"));
    let runtime = runtime(&first);
    let storage = runtime.storage("tested", settings(&[])).await.unwrap();
    storage.put(op(), "a", Bytes::from_static(b"value"), None).await.unwrap();
    let second = again(&first, folder.path());
    let why = reload(&runtime, second).await.unwrap_err();
    assert!(why.contains("does not see the data"), "{why}");
    assert_eq!(storage.get(op(), "a").await.unwrap().unwrap(), "value");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_goes_from_one_to_the_next() {
    let (folder, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut first = spec(Kind::Storage, &component("storage-file.wasm"));
    first.grants = vec![crate::fixtures::folder("data", data.path(), true)];
    let runtime = runtime(&first);
    let storage = runtime.storage("tested", settings(&[("path", "data")])).await.unwrap();
    storage.put(op(), "a", Bytes::from_static(b"value"), None).await.unwrap();
    let second = again(&first, folder.path());
    assert_eq!(reload(&runtime, second).await, Ok(Change::Exchanged { generation: 2 }));
    assert_eq!(storage.get(op(), "a").await.unwrap().unwrap(), "value");
    storage.put(op(), "b", Bytes::from_static(b"more"), None).await.unwrap();
    // A copy has the same keys, and is not the same data.
    let copy = tempfile::tempdir().unwrap();
    let copied = std::process::Command::new("cp")
        .arg("-r")
        .arg(data.path().join("."))
        .arg(copy.path())
        .status();
    assert!(copied.unwrap().success());
    let mut elsewhere = first.clone();
    elsewhere.grants = vec![crate::fixtures::folder("data", copy.path(), true)];
    let why = reload(&runtime, elsewhere).await.unwrap_err();
    assert!(why.contains("does not see the data of the old one"), "{why}");
    assert_eq!(storage.get(op(), "b").await.unwrap().unwrap(), "more");
    assert_eq!(storage.list(op(), "", "", 0).await.unwrap().keys, ["a", "b"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seal_must_read_what_the_one_before_wrote() {
    let (folder, kms) = (tempfile::tempdir().unwrap(), Kms::start().await);
    let mut first = spec(Kind::Seal, &component("seal-rust-http.wasm"));
    first.grants = vec![Grant::Http {
        name: "kms".to_owned(),
        origins: vec![kms.address.clone()],
        methods: Vec::new(),
        tls: GrantTls::default(),
    }];
    let own = [("address", kms.address.as_str()), ("token", TOKEN), ("key_name", "unseal")];
    let runtime = runtime(&first);
    let seal = runtime.seal("tested", settings(&own)).await.unwrap();
    let secret = Secret::new(b"root key".to_vec());
    let blob = seal.wrap(op(), &secret, b"").await.unwrap();
    let second = again(&first, folder.path());
    assert_eq!(reload(&runtime, second).await, Ok(Change::Exchanged { generation: 2 }));
    assert_eq!(seal.unwrap(op(), &blob, b"").await.unwrap(), secret);
    // Another KMS cannot unwrap it: the present one stays.
    let other = Kms::start().await;
    let mut moved = first.clone();
    moved.grants = vec![Grant::Http {
        name: "kms".to_owned(),
        origins: vec![kms.address.clone(), other.address.clone()],
        methods: Vec::new(),
        tls: GrantTls::default(),
    }];
    let elsewhere = [("address", other.address.as_str()), ("token", TOKEN), ("key_name", "unseal")];
    let wanted = Wanted { spec: moved, settings: Some(settings(&elsewhere)) };
    let why = runtime.reload(vec![wanted]).await.remove(0).outcome.unwrap_err().to_string();
    assert!(why.contains("cannot unwrap what the old one wrapped"), "{why}");
    assert_eq!(seal.unwrap(op(), &blob, b"").await.unwrap(), secret);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_told_of_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = spec(Kind::Storage, &component("misbehaving.wasm"));
    let report = folder.path().join("report.json");
    let document = json!({
        "suite_version": "1", "contract": "storage", "class": "quick",
        "subject": { "sha256": hex::encode(first.sha256.unwrap()) },
        "capabilities": { "checks": true },
        "summary": { "pass": 3, "skip": 1, "fail": 0, "excused": 0 },
    });
    std::fs::write(&report, document.to_string()).unwrap();
    first.report = Some(report.clone());
    first.limits.call_time = Duration::from_secs(2);
    let runtime = runtime(&first);
    assert_eq!(runtime.shown()[0]["in_use"], false);
    let storage = runtime.storage("tested", settings(&[])).await.unwrap();
    storage.get(op(), "a").await.unwrap();
    storage.get(op(), "panic").await.unwrap_err();
    storage.get(op(), "a").await.unwrap();
    let shown = Value::Object(runtime.shown().remove(0));
    let is = |pointer: &str, want: Value| {
        assert_eq!(shown.pointer(pointer), Some(&want), "{pointer} in {shown:#}");
    };
    is("/kind", json!("storage"));
    is("/name", json!("tested"));
    is("/loader", json!("wasm"));
    is("/in_use", json!(true));
    is("/generation", json!(1));
    is("/sha256", json!(hex::encode(first.sha256.unwrap())));
    is("/calls/get/count", json!(3));
    is("/calls/get/errors", json!(1));
    is("/instances/open", json!(1));
    is("/instances/restarts", json!(1));
    is("/last_error/operation", json!("get"));
    is("/last_error/kind", json!("Panicked"));
    is("/capabilities/verified/checks", json!(true));
    is("/conformance/pass", json!(3));
    // A report on another file is of no use, and no harm.
    let other = document.to_string().replace(&hex::encode(first.sha256.unwrap()), "00");
    std::fs::write(&report, other).unwrap();
    let again = self::runtime(&first);
    let error = again.shown()[0]["conformance"]["error"].as_str().unwrap().to_owned();
    assert!(error.contains("another file"), "{error}");
}
