//! An initialization that fails leaves the store as it was.

use std::{sync::Arc, time::Duration};

use logical::Code;
use plugin_api::{Op, Storage};
use serde_json::json;

use crate::{
    InitRequest,
    tests::server::{Moody, Server},
};

fn request() -> InitRequest {
    InitRequest { secret_shares: Some(1), secret_threshold: Some(1), ..InitRequest::default() }
}

#[tokio::test]
async fn a_failed_initialization_leaves_nothing() {
    let op = || Op::within(Duration::from_secs(1));
    for leaves in [false, true] {
        for number in 1.. {
            let storage = Arc::new(Moody::default());
            let node = Server::node(storage.clone()).await;
            storage.refuse(number);
            if leaves {
                storage.go_away_then();
            }
            if node.initialize(request()).await.is_ok() {
                assert!(number > 2 && storage.still_refuses());
                break;
            }
            storage.come_back();
            if !leaves {
                assert!(storage.list(op(), "", "", 0).await.unwrap().keys.is_empty(), "{number}");
            }
            // What could not be taken back is known after a restart, too.
            let node = if leaves { Server::node(storage.clone()).await } else { node };
            assert!(!node.is_initialized(), "{number}");
            let server = Server::make(storage, node).await;
            server.write("sys/mounts/kv", json!({"type": "kv"})).await;
        }
    }
}

#[tokio::test]
async fn a_lost_first_answer_of_an_initialization_is_taken_back() {
    let storage = Arc::new(Moody::default());
    let node = Server::node(storage.clone()).await;
    storage.lose_next();
    assert_eq!(node.initialize(request()).await.err().unwrap().code, Code::Unavailable);
    Server::make(storage, node).await;
}

/// Two servers meet on an empty store: the one that comes second takes back nothing.
#[tokio::test]
async fn another_servers_initialization_stays() {
    let storage = Arc::new(Moody::default());
    let late = Server::node(storage.clone()).await;
    let node = Server::node(storage.clone()).await;
    let server = Server::make(storage, node).await;
    assert_eq!(late.initialize(request()).await.err().unwrap().code, Code::InvalidRequest);
    server.unseal_again().await.unwrap();
}
