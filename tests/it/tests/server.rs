//! The server as a process: starting, stopping, dying.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use serde_json::json;

use crate::support::{FILE, INMEM, TestServer};

#[tokio::test]
async fn a_dev_server_is_ready_for_secrets() {
    let (server, client) = TestServer::dev().await;
    client.write("secret/data/app", &json!({"data": {"a": "b"}})).await.unwrap();
    let got = client.read("secret/data/app").await.unwrap().unwrap();
    assert_eq!(got.data().unwrap()["data"], json!({"a": "b"}));
    assert!(!server.client(None).seal_status().await.unwrap().sealed);
}

#[tokio::test]
async fn a_server_that_is_asked_to_end_does_so() {
    let (mut server, _client, _keys) = TestServer::unsealed(INMEM).await;
    let status = server.stop();
    assert!(status.success(), "{status}\n{}", server.log_tail());
}

#[tokio::test]
async fn nothing_confirmed_is_lost_when_the_process_is_killed() {
    let (mut server, client, keys) = TestServer::unsealed(FILE).await;
    let mount = json!({"type": "kv", "options": {"version": "2"}});
    client.write("sys/mounts/kv", &mount).await.unwrap();
    for round in 0..3 {
        let confirmed = write_until_killed(&mut server, &keys.root_token, round).await;
        assert!(confirmed > 0, "nothing was written in round {round}");
        server.unseal(&keys).await;
        let client = server.client(Some(&keys.root_token));
        for n in 0..confirmed {
            let got = client.read(&format!("kv/data/{round}-{n}")).await.unwrap();
            let got = got.unwrap_or_else(|| panic!("kv/{round}-{n} of {confirmed} is lost"));
            assert_eq!(got.data().unwrap()["data"]["n"], json!(n));
        }
    }
}

/// Writes one secret after the other until the process is killed; how many were confirmed.
async fn write_until_killed(server: &mut TestServer, token: &str, round: u64) -> u64 {
    let confirmed = Arc::new(AtomicU64::new(0));
    let (client, count) = (server.client(Some(token)), Arc::clone(&confirmed));
    let writing = tokio::spawn(async move {
        for n in 0.. {
            let body = json!({"data": {"n": n}});
            if client.write(&format!("kv/data/{round}-{n}"), &body).await.is_err() {
                return;
            }
            count.store(n + 1, Ordering::SeqCst);
        }
    });
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    server.kill_and_restart().await;
    writing.await.unwrap();
    confirmed.load(Ordering::SeqCst)
}
