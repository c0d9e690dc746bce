//! The Rust half of the ABI: panics, waiting, cancelling and closing in a real library.

use std::{sync::Arc, time::Duration};

use plugin_api::{Bytes, ErrorKind, Op, Storage};
use plugin_host::{Kind, load};

use crate::fixtures::{everything, impatient, op, open, spec, storage};

async fn fresh() -> Arc<dyn Storage> {
    storage(&spec(Kind::Storage, &everything()), &[]).await
}

async fn good_call(storage: &dyn Storage) {
    storage.put(op(), "good", Bytes::from_static(b"value"), None).await.unwrap();
    assert_eq!(storage.get(op(), "good").await.unwrap().unwrap(), "value");
}

async fn check_panic(storage: &dyn Storage, key: &str) {
    let read = storage.get(op(), key).await.unwrap_err();
    assert_eq!((read.kind, read.maybe_applied), (ErrorKind::Panicked, false), "{read:?}");
    let written = storage.put(op(), key, Bytes::new(), None).await.unwrap_err();
    assert_eq!((written.kind, written.maybe_applied), (ErrorKind::Panicked, true), "{written:?}");
    assert!(!written.message.contains("secret"), "{written:?}");
    good_call(storage).await;
}

#[tokio::test]
async fn panics() {
    let storage = fresh().await;
    check_panic(storage.as_ref(), "panic").await;
    check_panic(storage.as_ref(), "panic-later").await;
    let loaded = load(&spec(Kind::Storage, &everything())).unwrap();
    let error = open(&loaded, &[("panics", "true")]).await.err().unwrap();
    assert_eq!(error.kind, ErrorKind::Panicked);
    // It has opened, and panics while the answer is made.
    let error = open(&loaded, &[("panics_when_asked", "true")]).await.err().unwrap();
    assert_eq!(error.kind, ErrorKind::Panicked);
    let error = open(&loaded, &[("nothing", "1")]).await.err().unwrap();
    assert_eq!(error.kind, ErrorKind::ConfigInvalid);
    assert!(error.message.starts_with("the setting \"nothing\" is not known here"), "{error}");
    good_call(open(&loaded, &[]).await.unwrap().storage.unwrap().as_ref()).await;
}

/// A call that nobody waits for is cancelled in the plugin, so that closing does not wait for it.
#[tokio::test]
async fn cancels() {
    let storage = fresh().await;
    let short = || Op::within(Duration::from_millis(30));
    for _ in 0..10 {
        let read = storage.get(short(), "never").await.unwrap_err();
        assert_eq!((read.kind, read.maybe_applied), (ErrorKind::Timeout, false), "{read:?}");
        let written = storage.put(short(), "never", Bytes::new(), None).await.unwrap_err();
        assert_eq!((written.kind, written.maybe_applied), (ErrorKind::Timeout, true));
    }
    assert!(storage.get(op(), "later").await.unwrap().is_none());
    good_call(storage.as_ref()).await;
    tokio::time::timeout(Duration::from_secs(5), storage.close()).await.unwrap().unwrap();
    assert_eq!(storage.get(op(), "good").await.unwrap_err().kind, ErrorKind::Cancelled);
}

/// Callers that give up just before, just after, and while they are answered: nobody gets another
/// one's answer, and nothing is left under way.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn impatient_crowds() {
    let storage = fresh().await;
    let mut tasks = tokio::task::JoinSet::new();
    for i in 0..30_u64 {
        let storage = storage.clone();
        tasks.spawn(async move {
            let (key, value) = (format!("k/{i}"), Bytes::from(i.to_string()));
            storage.put(op(), &key, value.clone(), None).await.unwrap();
            for round in 0..60 {
                // It is answered after 20 ms.
                let patience = Duration::from_micros(19_500 + 100 * ((i + round) % 20));
                let late = tokio::time::timeout(patience, storage.get(op(), "later"));
                let gave_up = late.await.is_err();
                assert_eq!(storage.get(op(), &key).await.unwrap().unwrap(), value, "{gave_up}");
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    tokio::time::timeout(Duration::from_secs(5), storage.close()).await.unwrap().unwrap();
}

/// A call that does not return keeps its thread. The others serve on, the plugin gets no more calls
/// until it has returned, and then it is used again.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn loops() {
    let spec = impatient(&everything());
    let (storage, other) = (crate::fixtures::storage(&spec, &[]).await, fresh().await);
    let looping = tokio::spawn({
        let storage = storage.clone();
        async move { storage.get(op(), "loop").await }
    });
    let refused = async {
        loop {
            if let Err(error) = storage.get(op(), "good").await {
                return error;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let error = tokio::time::timeout(Duration::from_secs(3), refused).await.unwrap();
    assert_eq!(error.kind, ErrorKind::Unavailable);
    assert!(error.message.contains("tested does not return from its calls"), "{error}");
    good_call(other.as_ref()).await;
    assert_eq!(looping.await.unwrap().unwrap(), None);
    let used_again = async {
        while storage.get(op(), "good").await.is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), used_again).await.unwrap();
    good_call(storage.as_ref()).await;
}

/// Many calls at once, some at once, some later, from several threads.
#[tokio::test(flavor = "multi_thread")]
async fn crowds() {
    let storage = fresh().await;
    let mut tasks = tokio::task::JoinSet::new();
    for i in 0..2_000_u32 {
        let storage = storage.clone();
        tasks.spawn(async move {
            let (key, value) = (format!("k/{i}"), Bytes::from(vec![i as u8; (i as usize) * 7]));
            storage.put(op(), &key, value.clone(), None).await.unwrap();
            if i % 10 == 0 {
                assert!(storage.get(op(), "later").await.unwrap().is_none());
            }
            assert_eq!(storage.get(op(), &key).await.unwrap().unwrap(), value);
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    assert_eq!(storage.list(op(), "k/", "", 0).await.unwrap().keys.len(), 2_000);
}
