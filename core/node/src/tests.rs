//! The node as its door uses it: requests on a store that may lose its answers.

use std::{sync::Arc, time::Duration};

use access::{Limits, LoginAt};
use bytes::Bytes;
use logical::{Code, Login, Operation, Wrap, WrapFormat};
use mount::TransactionView;
use plugin_api::{Op, Storage};
use serde_json::{Value, json};

use crate::{
    HealthState,
    tests::server::{Ask, Moody, Server},
};

mod audited;
mod init;
mod server;

const READ: Operation = Operation::Read;
const WRITE: Operation = Operation::Update;
const LIST: Operation = Operation::List;

const OPERATOR: &str = r#"path "kv/*" { capabilities = ["create", "read", "update", "list"] }"#;

#[tokio::test]
async fn a_lost_answer_leaves_nothing_stale() {
    let server = Server::start().await;
    let mount = json!({"type": "kv"});
    server.check_lost(WRITE, "sys/mounts/kv", mount).await;
    server.write("kv/a", json!({"k": "v"})).await;
    server.write("sys/policies/acl/p", json!({"policy": "path \"x\" {}"})).await;
    let token = server.token(json!({"policies": ["p"]})).await;
    let read = Ask { token: &token, ..Ask::new(READ, "kv/a") };
    server.check(read.clone(), Err(Code::PermissionDenied)).await;
    server.check_lost(WRITE, "sys/policies/acl/p", json!({"policy": OPERATOR})).await;
    server.check(read.clone(), Ok(("/k", json!("v")))).await;
    let revoke = json!({"token": token});
    server.check_lost(WRITE, "auth/token/revoke", revoke).await;
    server.check(read, Err(Code::PermissionDenied)).await;
    server.check_lost(Operation::Delete, "sys/mounts/kv", json!({})).await;
    server.check(Ask::new(READ, "kv/a"), Err(Code::UnsupportedPath)).await;
}

#[tokio::test]
async fn doubt_is_settled_without_a_request() {
    let server = Server::start().await;
    let doubtful = server.active();
    server.check_lost(WRITE, "sys/mounts/kv", json!({"type": "kv"})).await;
    for _ in 0..500 {
        if !Arc::ptr_eq(&server.active(), &doubtful) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the doubtful activation still serves");
}

#[tokio::test]
async fn nothing_is_served_until_doubt_is_settled() {
    let server = Server::start().await;
    server.write("sys/mounts/kv", json!({"type": "kv"})).await;
    server.write("kv/a", json!({"k": "v"})).await;
    server.storage.lose_next();
    server.storage.go_away_then();
    let refused = Err(Code::Unavailable);
    server.check(Ask::new(WRITE, "kv/a").with(json!({"k": "w"})), refused.clone()).await;
    server.check(Ask::new(READ, "kv/a"), refused.clone()).await;
    server.check(Ask::new(WRITE, "kv/a").with(json!({"k": "x"})), refused).await;
    server.storage.come_back();
    server.check(Ask::new(READ, "kv/a"), Ok(("/k", json!("w")))).await;
}

#[tokio::test]
async fn a_retired_activation_writes_nothing() {
    let server = Server::start().await;
    let active = server.active();
    let (early, late) = (active.begin(), active.begin());
    early.put("test/early", Bytes::new());
    late.put("test/late", Bytes::new());
    active.commit(early).await.unwrap();
    active.gate.retire().await;
    assert_eq!(active.commit(late).await.unwrap_err().code, Code::Unavailable);
    assert!(active.begin().get("test/early").await.unwrap().is_some());
    assert!(active.begin().get("test/late").await.unwrap().is_none());
    active.commit(active.begin()).await.unwrap();
}

#[tokio::test]
async fn half_an_initialization_is_none() {
    let whole = Server::start().await.storage;
    let storage = Arc::new(Moody::default());
    let op = || Op::within(Duration::from_secs(1));
    for key in ["core/seal-config", "core/hsm/barrier-unseal-keys"] {
        let record = whole.get(op(), key).await.unwrap().unwrap();
        storage.put(op(), key, record, None).await.unwrap();
    }
    let node = Server::node(storage.clone()).await;
    assert_eq!(node.health().state, HealthState::Uninitialized);
    let status = node.seal_status();
    assert_eq!((status.initialized, status.shares, status.threshold), (false, 0, 0));
    let server = Server::make(storage.clone(), node).await;
    server.write("sys/mounts/kv", json!({"type": "kv"})).await;
    let node = Server::node(storage).await;
    assert_eq!(node.health().state, HealthState::Sealed);
}

/// The right keys and a keyring of which some bits are others: that is nobody's mistake, and whoever
/// gave the keys must not go looking for others.
#[tokio::test]
async fn a_garbled_keyring_is_a_fault_of_the_store() {
    let op = || Op::within(Duration::from_secs(1));
    for (at, piece) in [(0, "corrupt"), (4, "corrupt"), (20, "corrupt"), (60, "corrupt")] {
        let server = Server::start().await;
        let mut keyring = server.storage.get(op(), "core/keyring").await.unwrap().unwrap().to_vec();
        keyring[at] ^= 1;
        server.storage.put(op(), "core/keyring", keyring.into(), None).await.unwrap();
        let error = server.unseal_again().await.unwrap_err();
        assert_eq!(error.code, Code::Internal, "byte {at}: {error}");
        assert!(error.public.contains("core/keyring") && error.public.contains(piece), "{error}");
    }
}

#[tokio::test]
async fn mounts_of_both_classes_name_their_version_alike() {
    let server = Server::start().await;
    server.write("sys/mounts/kv", json!({"type": "kv"})).await;
    let mut versions = Vec::new();
    for path in ["sys/mounts", "sys/auth"] {
        let mounts = server.ask(Ask::new(READ, path)).await.unwrap().data.unwrap();
        versions.extend(mounts.values().map(|mount| mount["running_plugin_version"].clone()));
    }
    assert_eq!(versions.len(), 5);
    let word = versions[0].as_str().unwrap();
    assert!(word.starts_with('v') && word.ends_with("+builtin.strongroom"), "{word}");
    assert!(versions.iter().all(|version| version == word), "{versions:?}");
}

#[tokio::test]
async fn policies_page_and_filter_lists() {
    let server = Server::start().await;
    server.write("sys/mounts/kv", json!({"type": "kv-v2"})).await;
    for name in ["a", "b", "c", "d"] {
        server.write(&format!("kv/data/{name}"), json!({"data": {}})).await;
    }
    let policy = r#"
        path "kv/metadata/" { capabilities = ["list"] pagination_limit = 2 }
        path "kv/detailed-metadata/" {
            capabilities = ["list"]
            list_scan_response_keys_filter_path = "kv/data/{{ .key }}"
        }
        path "kv/detailed-metadata/none/" {
            capabilities = ["list"]
            list_scan_response_keys_filter_path = "kv/none/{{ .key }}"
        }
        path "kv/data/b" { capabilities = ["read"] }
        path "kv/data/d" { capabilities = ["deny"] }"#;
    server.write("sys/policies/acl/p", json!({ "policy": policy })).await;
    server.write("kv/data/none/x", json!({"data": {}})).await;
    let token = server.token(json!({"policies": ["p"]})).await;
    let list = |path| Ask { token: &token, ..Ask::new(LIST, path) };
    let keys = |keys: Value| Ok(("/keys", keys));
    server.check(list("kv/metadata/"), keys(json!(["a", "b"]))).await;
    let limit = |limit: u64| list("kv/metadata/").with(json!({ "limit": limit }));
    server.check(limit(1), keys(json!(["a"]))).await;
    server.check(limit(3), Err(Code::PermissionDenied)).await;
    server.check(list("kv/detailed-metadata/"), keys(json!(["b"]))).await;
    let info = server.ask(list("kv/detailed-metadata/")).await.unwrap().data.unwrap();
    let named: Vec<_> = info["key_info"].as_object().unwrap().keys().collect();
    assert_eq!(named, ["b"]);
    server.check(list("kv/detailed-metadata/none/"), Ok(("", json!({})))).await;
}

/// However few names the storage gives at once, a list has all of them.
#[tokio::test]
async fn lists_are_whole() {
    let server = Server::start().await;
    server.write("sys/mounts/kv", json!({"type": "kv-v2"})).await;
    let names = ["a", "b", "c", "d", "e"];
    for name in names {
        server.write(&format!("kv/data/{name}"), json!({"data": {}})).await;
        server.write(&format!("cubbyhole/{name}"), json!({"k": "v"})).await;
    }
    for path in ["kv/metadata/", "kv/detailed-metadata/", "cubbyhole/"] {
        server.check(Ask::new(LIST, path), Ok(("/keys", json!(names)))).await;
    }
    let four = Ask::new(LIST, "kv/metadata/").with(json!({"limit": 4}));
    server.check(four, Ok(("/keys", json!(names[..4])))).await;
}

#[tokio::test]
async fn a_token_of_another_address_sees_no_mounts() {
    let server = Server::start().await;
    let active = server.active();
    let transaction = active.begin();
    let view = TransactionView(&transaction);
    let login = Login { bound_cidrs: vec!["10.0.0.0/8".to_owned()], ..Login::default() };
    let limits = Limits { default: Duration::from_secs(60), max: Duration::from_secs(60) };
    let at = LoginAt { path: "auth/test/login", limits, now: active.clock.now() };
    let (auth, _) = active.access.tokens.login(&view, &login, at).await.unwrap();
    active.commit(transaction).await.unwrap();
    let ask = Ask { token: auth.client_token.expose(), ..Ask::new(READ, "sys/internal/ui/mounts") };
    server.check(ask, Err(Code::PermissionDenied)).await;
}

#[tokio::test]
async fn wrapping_tokens_in_both_forms() {
    let server = Server::start().await;
    server.write("sys/mounts/kv", json!({"type": "kv"})).await;
    server.write("kv/a", json!({"k": "v"})).await;
    for format in [WrapFormat::Token, WrapFormat::Jwt] {
        let wrap = Some(Wrap { ttl: Duration::from_secs(60), format });
        let wrapped = server.ask(Ask { wrap, ..Ask::new(READ, "kv/a") }).await.unwrap();
        let token = wrapped.wrap_info.unwrap().token.expose().clone();
        let own = |operation, path| Ask { token: &token, ..Ask::new(operation, path) };
        // What needs no token does not use one up.
        for _ in 0..2 {
            let path = ("/creation_path", json!("kv/a"));
            server.check(own(READ, "sys/wrapping/lookup"), Ok(path)).await;
        }
        let shown = Ok(("/k", json!("v")));
        server.check(own(WRITE, "sys/wrapping/unwrap"), shown).await;
        server.check(own(WRITE, "sys/wrapping/unwrap"), Err(Code::InvalidRequest)).await;
        // In the form of a JWT it is good for nothing else.
        server.check(own(READ, "kv/a"), Err(Code::PermissionDenied)).await;
    }
}

/// The terms of what was wrapped, and not those of the mount that unwraps it.
#[tokio::test]
async fn unwrapping_keeps_the_duration() {
    let server = Server::start().await;
    let config = json!({"max_lease_ttl": "8760h"});
    server.write("sys/mounts/kv", json!({"type": "kv", "config": config})).await;
    server.write("kv/a", json!({"k": "v", "ttl": "8760h"})).await;
    let wrap = Some(Wrap { ttl: Duration::from_secs(60), format: WrapFormat::Token });
    let wrapped = server.ask(Ask { wrap, ..Ask::new(READ, "kv/a") }).await.unwrap();
    let token = wrapped.wrap_info.unwrap().token.expose().clone();
    let ask = Ask { token: &token, ..Ask::new(WRITE, "sys/wrapping/unwrap") };
    let response = server.ask(ask).await.unwrap();
    assert_eq!(response.lease.unwrap().ttl, Duration::from_secs(8760 * 3600));
    assert!(response.warnings.is_empty(), "{:?}", response.warnings);
}

#[tokio::test]
async fn audit_lines_name_who_gets_a_token() {
    let server = Server::start().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.log");
    let options = json!({"type": "file", "options": {"file_path": path}});
    server.write("sys/audit/file", options).await;
    server.token(json!({"display_name": "bob"})).await;
    let text = std::fs::read_to_string(path).unwrap();
    let line: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    assert_eq!(line["response"]["auth"]["display_name"], "token-bob");
}
