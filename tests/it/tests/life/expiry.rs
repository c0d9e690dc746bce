//! Tokens and leases that end: by time, by use, also across restarts.

use std::time::{Duration, Instant};

use client::Client;
use serde_json::{Value, json};

use super::{data, mount_kv, restart, status, token};
use crate::support::{FILE, TestServer};

const SELF: &str = "auth/token/lookup-self";

/// The accessor of a token.
async fn accessor(client: &Client) -> String {
    data(client, SELF).await["accessor"].as_str().unwrap().to_owned()
}

/// Waits until a token is refused, and then until nothing of it is left.
async fn ends(server: &TestServer, client: &Client, root: &Client, accessor: &str) {
    server.until("end the token", async |_| status(client, SELF).await == 403).await;
    let listed = async || root.list("auth/token/accessors").await.unwrap();
    let gone = async |_: &Client| !listed().await.iter().any(|known| known == accessor);
    server.until("forget the token", gone).await;
}

#[tokio::test]
async fn a_token_ends_with_its_time_and_its_children_with_it() {
    let (server, root, _keys) = TestServer::unsealed(FILE).await;
    let start = Instant::now();
    let policies = json!(["default", "maker"]);
    let maker = "path \"auth/token/create\" { capabilities = [\"update\"] }";
    root.write("sys/policies/acl/maker", &json!({ "policy": maker })).await.unwrap();
    let parent = token(&root, json!({ "policies": policies, "ttl": "3s" })).await;
    let parent = server.client(Some(&parent));
    let child = token(&parent, json!({"ttl": "1h"})).await;
    let child = server.client(Some(&child));
    let names = [accessor(&parent).await, accessor(&child).await];
    ends(&server, &parent, &root, &names[0]).await;
    assert!(start.elapsed() >= Duration::from_secs(2), "it ended early");
    ends(&server, &child, &root, &names[1]).await;
}

#[tokio::test]
async fn a_token_ends_in_time_after_a_restart_too() {
    let (mut server, root, keys) = TestServer::unsealed(FILE).await;
    let short = token(&root, json!({"policies": ["default"], "ttl": "4s"})).await;
    let long = token(&root, json!({"policies": ["default"], "ttl": "1h"})).await;
    let (short, long) = (server.client(Some(&short)), server.client(Some(&long)));
    let name = accessor(&short).await;
    let expires = data(&long, SELF).await["expire_time"].clone();
    restart(&mut server, &keys).await;
    ends(&server, &short, &root, &name).await;
    assert_eq!(data(&long, SELF).await["expire_time"], expires);
}

#[tokio::test]
async fn a_token_that_ended_while_the_server_was_down_is_refused_at_once() {
    let (mut server, root, keys) = TestServer::unsealed(FILE).await;
    let start = Instant::now();
    let short = token(&root, json!({"policies": ["default"], "ttl": "1s"})).await;
    let short = server.client(Some(&short));
    assert!(server.stop().success());
    while start.elapsed() < Duration::from_secs(2) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    server.start_again().await;
    server.unseal(&keys).await;
    assert_eq!(status(&short, SELF).await, 403);
    let one_left = async |_: &Client| root.list("auth/token/accessors").await.unwrap().len() == 1;
    server.until("forget the token", one_left).await;
}

#[tokio::test]
async fn uses_of_a_token_are_counted_across_a_restart() {
    let (mut server, root, keys) = TestServer::unsealed(FILE).await;
    mount_kv(&root).await;
    root.write("kv/a", &json!({"n": 1})).await.unwrap();
    let policy = "path \"kv/*\" { capabilities = [\"read\"] }";
    root.write("sys/policies/acl/reader", &json!({ "policy": policy })).await.unwrap();
    let thrice = token(&root, json!({"policies": ["reader"], "num_uses": 3})).await;
    let thrice = server.client(Some(&thrice));
    // What is refused is a use too.
    assert_eq!(status(&thrice, "kv/a").await, 200);
    assert_eq!(status(&thrice, "sys/mounts").await, 403);
    restart(&mut server, &keys).await;
    assert_eq!(status(&thrice, "kv/a").await, 200);
    assert_eq!(status(&thrice, "kv/a").await, 403);
    restart(&mut server, &keys).await;
    assert_eq!(status(&thrice, "kv/a").await, 403);
    assert_eq!(root.list("auth/token/accessors").await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_revoked_token_stays_revoked() {
    let (mut server, root, keys) = TestServer::unsealed(FILE).await;
    let made: Value = json!({"policies": ["default"]});
    let token = token(&root, made).await;
    let client = server.client(Some(&token));
    assert_eq!(status(&client, SELF).await, 200);
    root.write("auth/token/revoke", &json!({ "token": token })).await.unwrap();
    assert_eq!(status(&client, SELF).await, 403);
    restart(&mut server, &keys).await;
    assert_eq!(status(&client, SELF).await, 403);
}
