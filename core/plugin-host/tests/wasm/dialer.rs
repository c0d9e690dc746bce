//! Grants "tcp": a component with the sockets of its standard library reaches one address.

use std::{
    net::Ipv4Addr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use plugin_api::Storage;
use plugin_host::{Grant, Kind, PluginSpec};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use crate::fixtures::{component, op, spec, storage};

/// A service that answers "pong", for as long as its test runs.
struct Service {
    port: u16,
    connections: Arc<AtomicUsize>,
}

impl Service {
    async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let connections = Arc::new(AtomicUsize::new(0));
        let count = connections.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _peer)) = listener.accept().await {
                count.fetch_add(1, Ordering::Relaxed);
                let mut asked = [0; 4];
                let _ = stream.read_exact(&mut asked).await;
                let _ = stream.write_all(b"pong").await;
            }
        });
        Self { port, connections }
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

fn granted(grants: &[(&str, String)]) -> PluginSpec {
    let mut spec = spec(Kind::Storage, &component("dialer.wasm"));
    let tcp = |(name, address): &(&str, String)| Grant::Tcp {
        name: (*name).to_owned(),
        address: address.clone(),
    };
    spec.grants = grants.iter().map(tcp).collect();
    // What one instance has looked up is not known to another.
    spec.limits.instances = 1;
    spec
}

async fn reached(storage: &Arc<dyn Storage>, key: &str) {
    let answer = storage.get(op(), key).await.unwrap_or_else(|error| panic!("{key}: {error}"));
    assert_eq!(answer.unwrap(), "pong", "{key}");
}

async fn refused(storage: &Arc<dyn Storage>, key: &str, words: &str) {
    let error = storage.get(op(), key).await.unwrap_err();
    assert!(error.message.contains(words), "{key}: {error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address() {
    let (service, other) = (Service::start().await, Service::start().await);
    let storage = storage(&granted(&[("db", format!("127.0.0.1:{}", service.port))]), &[]).await;
    reached(&storage, &format!("call/127.0.0.1:{}", service.port)).await;
    // The name of the grant stands for its host.
    reached(&storage, &format!("call/db:{}", service.port)).await;
    assert_eq!(service.connections(), 2);
    let denied = "PermissionDenied";
    refused(&storage, &format!("call/127.0.0.1:{}", other.port), denied).await;
    refused(&storage, &format!("call/db:{}", other.port), denied).await;
    refused(&storage, &format!("call/127.0.0.2:{}", service.port), denied).await;
    refused(&storage, &format!("call/0.0.0.0:{}", service.port), "InvalidInput").await;
    refused(&storage, "call/169.254.169.254:80", denied).await;
    refused(&storage, "call/[fe80::1]:80", denied).await;
    refused(&storage, "listen/127.0.0.1:0", denied).await;
    refused(&storage, "listen/0.0.0.0:0", denied).await;
    refused(&storage, &format!("datagram/127.0.0.1:{}", service.port), "").await;
    assert_eq!((service.connections(), other.connections()), (2, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name() {
    let (service, other) = (Service::start().await, Service::start().await);
    let storage = storage(&granted(&[("db", format!("LocalHost:{}", service.port))]), &[]).await;
    // An address is unknown until its name has been looked up.
    refused(&storage, &format!("call/127.0.0.1:{}", service.port), "PermissionDenied").await;
    reached(&storage, &format!("call/localhost:{}", service.port)).await;
    reached(&storage, &format!("call/127.0.0.1:{}", service.port)).await;
    reached(&storage, &format!("call/db:{}", service.port)).await;
    refused(&storage, &format!("call/localhost:{}", other.port), "PermissionDenied").await;
    // Other names are not even asked for: a question can carry a secret out.
    refused(&storage, "resolve/secret.example.com", "PermissionDenied").await;
    refused(&storage, "resolve/example.com", "PermissionDenied").await;
    assert_eq!((service.connections(), other.connections()), (3, 0));
}

/// A number is a name to the grant, and resolves to the metadata address.
#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_leads_to_the_metadata_address() {
    let storage = storage(&granted(&[("meta", "2852039166:80".to_owned())]), &[]).await;
    for key in ["call/meta:80", "resolve/2852039166", "call/169.254.169.254:80"] {
        refused(&storage, key, "PermissionDenied").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn several() {
    let (one, two) = (Service::start().await, Service::start().await);
    let [first, second] = [&one, &two].map(|it| format!("127.0.0.1:{}", it.port));
    let storage = storage(&granted(&[("one", first.clone()), ("two", second)]), &[]).await;
    reached(&storage, &format!("call/{first}")).await;
    reached(&storage, &format!("call/two:{}", two.port)).await;
    refused(&storage, "call/127.0.0.1:1", "PermissionDenied").await;
    assert_eq!((one.connections(), two.connections()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_there() {
    let gone = {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        listener.local_addr().unwrap()
    };
    let storage = storage(&granted(&[("db", gone.to_string())]), &[]).await;
    refused(&storage, &format!("call/{gone}"), "ConnectionRefused").await;
}
