//! What is there after a restart: everything.

use client::{InitRequest, Request};
use serde_json::json;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{certificate, data, mount_kv, restart, status, token, unseal};
use crate::support::{FILE, TestServer};

const POLICY: &str = "path \"kv/data/app\" { capabilities = [\"read\"] }";

async fn secured() -> TestServer {
    let folder = TempDir::new().unwrap();
    certificate::issue(folder.path(), 1);
    TestServer::secured(folder, FILE).await
}

#[tokio::test]
async fn everything_is_there_after_a_restart() {
    let mut server = secured().await;
    let keys = server.client(None).init(&InitRequest::shamir(5, 3)).await.unwrap();
    assert_eq!(keys.keys.len(), 5);
    unseal(&server, &keys.keys[..3]).await;
    let root = server.client(Some(&keys.root_token));
    root.write("sys/mounts/kv", &json!({"type": "kv", "options": {"version": "2"}})).await.unwrap();
    for version in 1..=2 {
        root.write("kv/data/app", &json!({"data": {"version": version}})).await.unwrap();
    }
    root.write("cubbyhole/mine", &json!({"a": "b"})).await.unwrap();
    root.write("sys/policies/acl/reader", &json!({ "policy": POLICY })).await.unwrap();
    let reader = token(&root, json!({"policies": ["reader"], "ttl": "1h"})).await;
    let reader_client = server.client(Some(&reader));
    let before = data(&reader_client, "auth/token/lookup-self").await;
    let mounts = data(&root, "sys/mounts").await;

    server.restart().await;
    assert_eq!(status(&root, "kv/data/app").await, 503);
    assert!(server.client(None).seal_status().await.unwrap().sealed);
    // Any three of the five.
    unseal(&server, &keys.keys[2..]).await;

    let newest = data(&reader_client, "kv/data/app").await;
    assert_eq!(newest["data"], json!({"version": 2}));
    assert_eq!(newest["metadata"]["version"], json!(2));
    let first = Request::get("kv/data/app").query("version", "1");
    let first = root.send(&first).await.unwrap();
    assert_eq!(first.data().unwrap()["data"], json!({"version": 1}));
    assert_eq!(data(&root, "cubbyhole/mine").await, json!({"a": "b"}));
    assert_eq!(data(&root, "sys/mounts").await, mounts);
    assert_eq!(data(&root, "sys/policies/acl/reader").await["policy"], json!(POLICY));
    let denied = reader_client.write("kv/data/app", &json!({"data": {}})).await.unwrap_err();
    assert_eq!(denied.status().unwrap().as_u16(), 403);

    // The time of the token and of its lease goes on.
    let after = data(&reader_client, "auth/token/lookup-self").await;
    for same in ["accessor", "creation_time", "creation_ttl", "expire_time", "policies"] {
        assert_eq!(after[same], before[same], "{same}");
    }
    assert!(after["ttl"].as_i64() <= before["ttl"].as_i64(), "{after}");
    let renewed = reader_client.write("auth/token/renew-self", &json!({})).await.unwrap();
    assert_eq!(renewed.member("auth").unwrap()["lease_duration"], json!(3600));
}

#[tokio::test]
async fn a_sealed_node_serves_nobody_until_it_is_unsealed() {
    let server = secured().await;
    let keys = server.client(None).init(&InitRequest::shamir(5, 3)).await.unwrap();
    unseal(&server, &keys.keys[1..4]).await;
    let root = server.client(Some(&keys.root_token));
    mount_kv(&root).await;
    root.write("kv/a", &json!({"n": 1})).await.unwrap();
    let stranger = server.client(Some("stranger"));
    let denied = stranger.write("sys/seal", &json!({})).await.unwrap_err();
    assert_eq!(denied.status().unwrap().as_u16(), 403);
    assert_eq!(status(&root, "kv/a").await, 200);

    root.write("sys/seal", &json!({})).await.unwrap();
    let refused = root.write("kv/a", &json!({"n": 2})).await.unwrap_err();
    assert_eq!(refused.status().unwrap().as_u16(), 503);
    assert_eq!(refused.errors(), ["Vault is sealed"]);
    for path in ["kv/a", "auth/token/lookup-self", "sys/mounts", "nosuch"] {
        assert_eq!(status(&root, path).await, 503, "{path}");
    }
    assert_eq!(status(&root, "sys/health").await, 503);
    assert!(root.seal_status().await.unwrap().sealed);

    unseal(&server, &keys.keys[..3]).await;
    assert_eq!(data(&root, "kv/a").await, json!({"n": 1}));
    assert_eq!(status(&root, "sys/health").await, 200);
}

#[tokio::test]
async fn a_request_in_flight_is_answered_before_the_end() {
    let folder = TempDir::new().unwrap();
    let trusted = certificate::issue(folder.path(), 1);
    let mut server = TestServer::secured(folder, FILE).await;
    let keys = server.client(None).init(&InitRequest::shamir(1, 1)).await.unwrap();
    server.unseal(&keys).await;
    let root = server.client(Some(&keys.root_token));
    mount_kv(&root).await;

    // The server asks for the body once the request is under way.
    let body = "{\"n\": \"in flight\"}";
    let head = format!(
        "PUT /v1/kv/last HTTP/1.1\r\nHost: a\r\nX-Vault-Token: {}\r\n\
         Content-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        keys.root_token,
        body.len()
    );
    let mut stream = certificate::connect(&server, &trusted).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut asked = [0; 25];
    stream.read_exact(&mut asked).await.unwrap();
    assert_eq!(&asked, b"HTTP/1.1 100 Continue\r\n\r\n");
    server.signal("TERM");
    server.logged("stopping: no more requests are accepted").await;
    stream.write_all(body.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 204"), "{answer}");
    assert!(server.ended().success());

    server.start_again().await;
    server.unseal(&keys).await;
    assert_eq!(data(&root, "kv/last").await, json!({"n": "in flight"}));
}

#[tokio::test]
async fn old_terms_are_read_after_a_rotation_and_a_restart() {
    let (mut server, root, keys) = TestServer::unsealed(FILE).await;
    mount_kv(&root).await;
    for term in 1..=3 {
        root.write(&format!("kv/of-term-{term}"), &json!({ "term": term })).await.unwrap();
        assert_eq!(data(&root, "sys/key-status").await["term"], json!(term));
        root.write("sys/rotate", &json!({})).await.unwrap();
    }
    restart(&mut server, &keys).await;
    assert_eq!(data(&root, "sys/key-status").await["term"], json!(4));
    for term in 1..=3 {
        assert_eq!(data(&root, &format!("kv/of-term-{term}")).await, json!({ "term": term }));
    }
}

#[tokio::test]
async fn a_server_that_ended_leaves_nothing_in_the_journal() {
    let (mut server, root, keys) = TestServer::unsealed(FILE).await;
    mount_kv(&root).await;
    root.write("kv/a", &json!({"n": 1})).await.unwrap();
    assert!(server.stop().success());
    // As somebody does who goes back to another server with the same files.
    std::fs::remove_dir_all(server.folder().join("data/_")).unwrap();
    server.start_again().await;
    server.unseal(&keys).await;
    assert_eq!(data(&root, "kv/a").await, json!({"n": 1}));
}
