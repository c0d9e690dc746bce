//! What the conformance suite does not ask of the lock in memory.

use std::{collections::BTreeMap, time::Duration};

use bytes::Bytes;
use plugin_api::{Acquired, ErrorKind, Fence, HaLock, Op, Provider, Settings, Storage};

use super::InmemLock;
use crate::{Inmem, InmemProvider};

fn op() -> Op {
    Op::within(Duration::from_secs(5))
}

async fn take(lock: &dyn HaLock, ttl: Duration) -> Fence {
    match lock.acquire(op(), "core/lock", "v", ttl).await.unwrap() {
        Acquired::Acquired(fence) => fence,
        Acquired::Held(holder) => panic!("held by {holder:?}"),
    }
}

#[tokio::test]
async fn a_lock_that_ran_out_fences_at_once() {
    let lock = InmemLock::new();
    let inmem = Inmem::new().with_lock(lock.clone());
    let fence = take(&lock, Duration::from_millis(20)).await;
    inmem.put(op(), "k", Bytes::new(), Some(&fence)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(30)).await;
    let error = inmem.put(op(), "k", Bytes::new(), Some(&fence)).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Fenced);
}

#[tokio::test]
async fn limits() {
    let lock = InmemLock::new();
    let long = "v".repeat(super::VALUE_BYTES_MAX + 1);
    let error = lock.acquire(op(), "k", &long, Duration::from_secs(1)).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::TooLarge);
    let error = lock.acquire(op(), "a//b", "v", Duration::from_secs(1)).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::InvalidArgument);
}

/// The storage that is opened with this setting, and whether it comes with a lock.
async fn check(setting: Option<&str>, want: Result<bool, &str>) {
    let settings = setting.map(|value| ("ha_enabled".to_owned(), value.to_owned()));
    let settings = Settings::new(settings.into_iter().collect::<BTreeMap<_, _>>());
    let got = InmemProvider.open(settings).await;
    match (got, want) {
        (Ok(opened), Ok(locked)) => {
            assert_eq!(opened.ha_lock.is_some(), locked, "{setting:?}");
            assert_eq!(opened.storage.unwrap().capabilities().fencing, locked, "{setting:?}");
        }
        (Err(error), Err(word)) => assert!(error.message.contains(word), "{error}"),
        (got, want) => panic!("{setting:?}: {} instead of {want:?}", got.is_ok()),
    }
}

#[tokio::test]
async fn the_stanza_asks_for_a_lock() {
    check(None, Ok(false)).await;
    check(Some("false"), Ok(false)).await;
    check(Some("true"), Ok(true)).await;
    check(Some("maybe"), Err("ha_enabled")).await;
}
