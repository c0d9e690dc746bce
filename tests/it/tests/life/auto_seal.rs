//! A server that unseals itself, and when it does not.

use std::fs;

use client::{Client, InitRequest, InitResult};
use serde_json::json;

use super::{data, mount_kv, status};
use crate::support::TestServer;

const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const OTHER_KEY: &str = "/////////////////////////////////////////w8=";

async fn started() -> (TestServer, Client, InitResult) {
    let config = format!(
        "storage \"file\" {{ path = \"{{folder}}/data\" }}\n\
         seal \"static\" {{\n current_key_id = \"first\"\n current_key = \"{KEY}\"\n}}\n"
    );
    let server = TestServer::with_config(&config).await;
    let recovery = InitRequest {
        recovery_shares: Some(3),
        recovery_threshold: Some(2),
        ..InitRequest::default()
    };
    let keys = server.client(None).init(&recovery).await.unwrap();
    assert_eq!((keys.keys.len(), keys.recovery_keys.len()), (0, 3));
    server.active().await;
    let root = server.client(Some(&keys.root_token));
    mount_kv(&root).await;
    root.write("kv/a", &json!({"n": 1})).await.unwrap();
    (server, root, keys)
}

#[tokio::test]
async fn a_server_with_an_auto_seal_unseals_itself() {
    let (mut server, root, _keys) = started().await;
    for _ in 0..2 {
        server.restart().await;
        server.active().await;
        assert_eq!(data(&root, "kv/a").await, json!({"n": 1}));
    }
    server.kill_and_restart().await;
    server.active().await;
    assert_eq!(data(&root, "kv/a").await, json!({"n": 1}));
}

#[tokio::test]
async fn a_server_that_was_sealed_by_hand_stays_sealed() {
    let (mut server, root, keys) = started().await;
    root.write("sys/seal", &json!({})).await.unwrap();
    server.reload().await;
    for _ in 0..20 {
        assert_eq!(status(&root, "kv/a").await, 503);
    }
    // People can open it again, and so can a restart.
    for key in &keys.recovery_keys[1..] {
        root.unseal(key).await.unwrap();
    }
    server.active().await;
    assert_eq!(data(&root, "kv/a").await, json!({"n": 1}));
    root.write("sys/seal", &json!({})).await.unwrap();
    server.restart().await;
    server.active().await;
}

#[tokio::test]
async fn a_server_whose_key_does_not_fit_waits_sealed() {
    let (mut server, root, _keys) = started().await;
    let right = fs::read_to_string(server.config()).unwrap();
    fs::write(server.config(), right.replace(KEY, OTHER_KEY)).unwrap();
    server.restart().await;
    server.logged("cannot unseal yet; trying again").await;
    assert_eq!(status(&root, "kv/a").await, 503);
    assert!(!server.log().contains(KEY) && !server.log().contains(OTHER_KEY));
    fs::write(server.config(), right).unwrap();
    server.restart().await;
    server.active().await;
    assert_eq!(data(&root, "kv/a").await, json!({"n": 1}));
}
