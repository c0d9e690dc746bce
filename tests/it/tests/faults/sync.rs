//! A disk that does not keep what it was given: the server ends, and what it has acknowledged is
//! there when it is started again.

use std::{fs, os::unix::fs::symlink};

use client::Request;
use serde_json::json;

use super::{holds, mount_kv, tree::entry, write};
use crate::support::{FILE, TestServer};

/// Eight of these are more than a journal takes.
const VALUE_BYTES: usize = 900 << 10;

/// A character device cannot be synced: in the place of a file of the store it makes the next
/// checkpoint fail where a bad disk would.
#[tokio::test]
async fn a_failed_sync_ends_the_server() {
    let (mut server, root, keys) = TestServer::unsealed(FILE).await;
    mount_kv(&root).await;
    assert_eq!(write(&root, "kv/spoilt", json!({"n": "1"})).await, 204);
    let file = entry(&server.folder().join("data"), "spoilt");
    fs::remove_file(&file).unwrap();
    symlink("/dev/null", &file).unwrap();
    let mut kept = Vec::new();
    for n in 0..8 {
        let value = n.to_string().repeat(VALUE_BYTES);
        let path = format!("kv/{n}");
        let answer = root.send(&Request::put(&path, json!({ "n": value }))).await;
        // The server may end at any time now.
        if answer.is_ok_and(|reply| reply.status.as_u16() == 204) {
            kept.push((path, value));
        }
    }
    assert_eq!(server.ended().code(), Some(1), "{}", server.log_tail());
    assert!((3..8).contains(&kept.len()), "{} writes\n{}", kept.len(), server.log_tail());
    let log = server.log();
    let last = log.lines().last().unwrap();
    for piece in ["cannot be relied on any more", "could not sync", "_spoilt", "start the server"] {
        assert!(last.contains(piece), "{piece}: {last}");
    }
    assert!(log.contains("stopping"), "it did not end in order\n{log}");

    server.start_again().await;
    server.unseal(&keys).await;
    holds(&root, "kv/spoilt", "1").await;
    for (path, value) in &kept {
        holds(&root, path, value).await;
    }
    assert_eq!(write(&root, "kv/later", json!({"n": "1"})).await, 204);
}
