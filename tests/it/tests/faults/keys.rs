//! Unseal keys that are wrong: they open nothing, tell nothing, and the right ones still do.

use client::{Client, InitRequest, InitResult};
use serde_json::json;

use super::write;
use crate::support::{FILE, TestServer};

/// The shape of a key of five, hex: 32 bytes and one more.
const WRONG: [&str; 3] = [
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f01",
    "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f02",
    "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f03",
];

async fn sealed() -> (TestServer, Client, InitResult) {
    let server = TestServer::with_config(FILE).await;
    let client = server.client(None);
    let keys = client.init(&InitRequest::shamir(5, 3)).await.unwrap();
    (server, client, keys)
}

/// Gives keys of which the last one must fail, with nothing left of any.
async fn fails(client: &Client, keys: &[&str]) {
    for (number, key) in keys.iter().enumerate() {
        let answer = client.unseal(key).await;
        if number + 1 < keys.len() {
            let status = answer.unwrap();
            assert!(status.sealed && status.progress == number as u64 + 1, "{keys:?}");
        } else {
            let error = answer.unwrap_err();
            assert_eq!(error.status().unwrap().as_u16(), 400, "{keys:?}");
            assert!(error.to_string().contains("invalid key"), "{error}");
        }
    }
    let status = client.seal_status().await.unwrap();
    assert!(status.sealed, "{keys:?}");
    assert_eq!((status.progress, status.nonce.as_str()), (0, ""), "{keys:?}");
}

#[tokio::test]
async fn wrong_keys_leave_no_progress() {
    let (server, client, keys) = sealed().await;
    let right: Vec<_> = keys.keys.iter().map(String::as_str).collect();
    fails(&client, &WRONG).await;
    fails(&client, &[right[0], right[1], WRONG[2]]).await;
    fails(&client, &[WRONG[0], right[1], right[2]]).await;
    server.unseal(&keys).await;
    let log = server.log();
    assert!(!right.iter().chain(&WRONG).any(|key| log.contains(key)), "a key is in the log");
}

#[tokio::test]
async fn keys_that_are_none_do_not_count() {
    let (server, client, keys) = sealed().await;
    let first = client.unseal(&keys.keys[0]).await.unwrap();
    for key in ["", "zz", "00", "!", &"ab".repeat(100)] {
        assert_eq!(write(&client, "sys/unseal", json!({ "key": key })).await, 400, "{key:?}");
    }
    // The same key again is no second one, in hex or in base64.
    for key in [&keys.keys[0], &keys.keys_base64[0]] {
        assert_eq!(client.unseal(key).await.unwrap().progress, 1);
    }
    assert_eq!(client.seal_status().await.unwrap().nonce, first.nonce);
    assert_eq!(write(&client, "sys/unseal", json!({"reset": true})).await, 200);
    assert_eq!(client.seal_status().await.unwrap().progress, 0);
    server.unseal(&keys).await;
}

#[tokio::test]
async fn nobody_initializes_twice() {
    let (server, client, keys) = sealed().await;
    let ask = json!({"secret_shares": 1, "secret_threshold": 1});
    assert_eq!(write(&client, "sys/init", ask.clone()).await, 400);
    server.unseal(&keys).await;
    assert_eq!(write(&client, "sys/init", ask).await, 400);
}
