//! A version 1 mount that becomes version 2 with secrets in it.

use engines::kv::{Upgrade, upgrade, upgrade::UPGRADE_STEP_MAX};
use logical::Operation::{Delete, List, Read, Scan, Update};
use serde_json::json;

use crate::door::Mount;

async fn mount(paths: impl IntoIterator<Item = String>) -> Mount {
    let mut mount = Mount::kv("1");
    for path in paths {
        let seen = mount.ask(Update, &path, json!({"was": path})).await;
        assert_eq!(seen.status, 204);
    }
    mount.engine = Mount::kv("2").engine;
    mount
}

async fn check(mount: &Mount, path: &str, want: serde_json::Value) {
    let seen = mount.ask(Read, &format!("data/{path}"), json!({})).await;
    let body = seen.body.unwrap_or_default();
    assert_eq!(body["data"]["data"], want, "{path}");
}

#[tokio::test]
async fn served_before_it_is_rewritten() {
    let mount = mount(["a", "config", "d/x", "keys/a", "gone"].map(str::to_owned)).await;
    check(&mount, "a", json!({"was": "a"})).await;
    check(&mount, "config", json!({"was": "config"})).await;
    check(&mount, "keys/a", json!({"was": "keys/a"})).await;
    // A write rewrites one, a deletion of its metadata removes one, a new one joins them.
    mount.ask(Update, "data/a", json!({"data": {"is": 2}})).await;
    mount.ask(Update, "data/new", json!({"data": {}})).await;
    assert_eq!(mount.ask(Delete, "metadata/gone", json!({})).await.status, 204);
    let first = mount.ask(Read, "data/a", json!({"version": "1"})).await.body.unwrap();
    assert_eq!(first["data"]["data"], json!({"was": "a"}));
    check(&mount, "a", json!({"is": 2})).await;
    let keys = mount.ask(List, "metadata", json!({})).await.body.unwrap();
    assert_eq!(keys["data"]["keys"], json!(["a", "config", "d/", "keys/", "new"]));
    let page = mount.ask(List, "metadata", json!({"after": "a", "limit": "2"})).await.body.unwrap();
    assert_eq!(page["data"]["keys"], json!(["config", "d/"]));
    let all = mount.ask(Scan, "metadata", json!({})).await.body.unwrap();
    assert_eq!(all["data"]["keys"], json!(["a", "config", "new", "d/x", "keys/a"]));
}

#[tokio::test]
async fn rewritten_step_by_step() {
    let count = UPGRADE_STEP_MAX * 2 + 5;
    let mount = mount((0..count).map(|i| format!("{}/{i:04}", i % 3))).await;
    mount.ask(Update, "data/0/0000", json!({"data": {"is": 2}})).await;
    let mut steps = 1;
    while upgrade(&mount.memory).await.unwrap() == Upgrade::More {
        check(&mount, "0/0000", json!({"is": 2})).await;
        check(&mount, "1/0001", json!({"was": "1/0001"})).await;
        check(&mount, "2/0203", json!({"was": "2/0203"})).await;
        steps += 1;
    }
    assert_eq!(steps, 3);
    assert!(mount.memory.keys().iter().all(|key| !key.starts_with("kv1/")));
    assert_eq!(mount.memory.keys().len(), count + 1, "a record each, and one older version");
    check(&mount, "2/0203", json!({"was": "2/0203"})).await;
    assert_eq!(upgrade(&mount.memory).await.unwrap(), Upgrade::Done);
}
