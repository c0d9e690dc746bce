//! What a server says and does where everything is wrong: requests, keys, files, disks, settings.

mod disk;
mod keys;
mod mount;
mod requests;
mod start;
mod store;
#[cfg(target_os = "linux")]
mod sync;
mod tree;

use client::{Client, Request};
use serde_json::{Value, json};

/// Mounts key-value secrets of version 1 at `kv/`.
async fn mount_kv(root: &Client) {
    root.write("sys/mounts/kv", &json!({"type": "kv"})).await.unwrap();
}

/// The status of a read, and what it gave.
async fn read(client: &Client, path: &str) -> (u16, Value) {
    let reply = client.send(&Request::get(path)).await.unwrap();
    (reply.status.as_u16(), reply.data().cloned().unwrap_or_default())
}

/// The status of a write.
async fn write(client: &Client, path: &str, body: Value) -> u16 {
    client.send(&Request::put(path, body)).await.unwrap().status.as_u16()
}

/// A secret that must be there, with this value of `n`.
async fn holds(client: &Client, path: &str, n: &str) {
    assert_eq!(read(client, path).await, (200, json!({ "n": n })), "{path}");
}
