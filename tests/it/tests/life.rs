//! A server's life with its data on disk: unsealed, restarted, reloaded, sealed; and what lives in
//! it for a time.

mod auto_seal;
mod certificate;
mod expiry;
mod plugins;
mod reload;
mod restart;

use client::{Client, InitResult, Reply};
use serde_json::{Value, json};

use crate::support::TestServer;

/// Gives unseal keys, of which the last one must open the seal.
async fn unseal(server: &TestServer, keys: &[String]) {
    let client = server.client(None);
    for (number, key) in keys.iter().enumerate() {
        let status = client.unseal(key).await.unwrap();
        let is_last = number + 1 == keys.len();
        assert_eq!(status.sealed, !is_last, "after key {}", number + 1);
        assert_eq!(status.progress, if is_last { 0 } else { number as u64 + 1 });
    }
    server.active().await;
}

/// Ends the server in order, starts it again and unseals it.
async fn restart(server: &mut TestServer, keys: &InitResult) {
    server.restart().await;
    server.unseal(keys).await;
}

/// Mounts key-value secrets of version 1 at `kv/`.
async fn mount_kv(root: &Client) {
    root.write("sys/mounts/kv", &json!({"type": "kv"})).await.unwrap();
}

/// The data of a secret that must be there.
async fn data(client: &Client, path: &str) -> Value {
    let reply = client.read(path).await.unwrap_or_else(|error| panic!("{path}: {error}"));
    let reply: Reply = reply.unwrap_or_else(|| panic!("{path} is lost"));
    reply.data().cloned().unwrap_or_else(|| panic!("{path}: {}", reply.text))
}

/// The status of a read.
async fn status(client: &Client, path: &str) -> u16 {
    client.send(&client::Request::get(path)).await.unwrap().status.as_u16()
}

/// A new token.
async fn token(root: &Client, ask: Value) -> String {
    let reply = root.write("auth/token/create", &ask).await.unwrap();
    reply.member("auth").unwrap()["client_token"].as_str().unwrap().to_owned()
}
