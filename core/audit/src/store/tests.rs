//! Adding, listing and taking away devices: what a real server answers, and what survives.

use std::{collections::BTreeMap, path::Path};

use logical::{Clock, testing::Memory};

use super::*;

fn ask(kind: &str, options: &[(&str, &str)]) -> Enable {
    let options = options.iter().map(|&(k, v)| (k.to_owned(), v.to_owned())).collect();
    Enable { kind: kind.to_owned(), options, ..Enable::default() }
}

async fn loaded(store: &Memory, declared: &[Declared]) -> Broker {
    let broker = Broker::new(Clock::System);
    broker.load(store, declared).await.unwrap();
    store.commit();
    broker
}

fn file(folder: &Path, name: &str) -> String {
    folder.join(name).to_str().unwrap().to_owned()
}

fn declared(path: &str) -> Vec<Declared> {
    vec![Declared { name: "from-config".into(), device: ask("file", &[("file_path", path)]) }]
}

#[tokio::test]
async fn devices_by_api() {
    let folder = tempfile::tempdir().unwrap();
    let a = file(folder.path(), "a.log");
    let (store, cfg) = (Memory::default(), file(folder.path(), "cfg.log"));
    let broker = loaded(&store, &declared(&cfg)).await;
    let check = async |path: &str, ask: Enable, want: &str| {
        let answer = broker.enable(&store, path, ask).await;
        store.commit();
        let answer = answer.map_or_else(|e| e.public.into_owned(), |()| "ok".to_owned());
        assert_eq!(answer, want, "{path}");
    };
    let path = ("file_path", a.as_str());
    let new = file(folder.path(), "new/dir/x.log");
    check("f1", ask("file", &[path]), "ok").await;
    check("f1", ask("file", &[path]), "path already in use").await;
    check("f1/sub", ask("file", &[path]), "path already in use").await;
    check("from-config", ask("file", &[path]), "path already in use").await;
    check("f2", ask("", &[path]), "unknown backend type: \"\"").await;
    check("f2", ask("nosuch", &[path]), "unknown backend type: \"nosuch\"").await;
    check("f2", ask("file", &[]), "file_path is required").await;
    check("f2", ask("file", &[("file_path", &new)]), "ok").await;
    let prefix = [path, ("format", "jsonx"), ("prefix", "p: ")];
    check("f3", ask("file", &prefix), "audit log prefixing is not allowed").await;
    check("f4", ask("file", &[path, ("format", "xml")]), "unknown format type \"xml\"").await;
    let mode = "strconv.ParseUint: parsing \"9z\": invalid syntax";
    check("f4", ask("file", &[path, ("mode", "9z")]), mode).await;
    check("f6", ask("file", &[("file_path", "discard")]), "ok").await;
    let full = broker.enable(&store, "f7", ask("file", &[("file_path", "/dev/full")])).await;
    assert!(full.unwrap_err().public.starts_with("audit backend failed test message: "));
    let names: Vec<_> = broker.list().into_iter().map(|record| record.path).collect();
    assert_eq!(names, ["f1/", "f2/", "f6/", "from-config/"]);
    let log = std::fs::read_to_string(&a).unwrap();
    assert_eq!(log.lines().count(), 1);
    assert!(log.contains("\"path\":\"sys/audit/test\""));
}

#[tokio::test]
async fn taking_away() {
    let store = Memory::default();
    let broker = loaded(&store, &declared("discard")).await;
    let discard = || ask("file", &[("file_path", "discard")]);
    broker.enable(&store, "f1", discard()).await.unwrap();
    store.commit();
    assert!(broker.disable(&store, "f1/").await.unwrap());
    store.commit();
    assert!(!broker.disable(&store, "f1").await.unwrap());
    assert!(!broker.disable(&store, "nosuch").await.unwrap());
    let error = broker.disable(&store, "from-config").await.unwrap_err();
    assert_eq!(error.public, "cannot disable configuration-managed audit device");
    broker.enable(&store, "f1", discard()).await.unwrap();
    let keys = store.keys();
    assert_eq!(keys.iter().filter(|key| key.starts_with("core/audit/")).count(), 1, "{keys:?}");
}

#[tokio::test]
async fn hashes_survive_a_restart() {
    let store = Memory::default();
    let broker = loaded(&store, &declared("discard")).await;
    broker.enable(&store, "f1", ask("file", &[("file_path", "discard")])).await.unwrap();
    broker.show_header(&store, "X-My", true).await.unwrap();
    store.commit();
    let again = loaded(&store, &declared("discard")).await;
    for device in ["f1", "f1/", "from-config"] {
        let hash = broker.hash(device, "hello").unwrap();
        assert_eq!(hash, again.hash(device, "hello").unwrap());
        assert_eq!(hash.len(), "hmac-sha256:".len() + 64);
    }
    assert_ne!(broker.hash("f1", "x").unwrap(), broker.hash("from-config", "x").unwrap());
    let error = broker.hash("nosuch", "hello").unwrap_err();
    assert_eq!(error.public, "unknown audit backend \"nosuch/\"");
    assert_eq!(again.headers(), BTreeMap::from([("x-my".to_owned(), true)]));
    again.hide_header(&store, "X-MY").await.unwrap();
    again.hide_header(&store, "X-Other").await.unwrap();
    store.commit();
    assert!(again.headers().is_empty());
}

#[tokio::test]
async fn a_device_that_does_not_open_refuses_requests() {
    let store = Memory::default();
    let broken = loaded(&store, &declared("/proc/nowhere/x.log")).await;
    assert!(broken.is_enabled());
    assert!(broken.state.load().devices[0].device.write(b"x\n").await.is_err());
}
