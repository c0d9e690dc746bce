//! What the conformance suite does not ask of the storage in memory.

use std::{collections::BTreeMap, time::Duration};

use bytes::Bytes;
use plugin_api::{ErrorKind, Op, Provider, Settings, Storage};

use super::{Inmem, InmemProvider};

fn op() -> Op {
    Op::within(Duration::from_secs(5))
}

async fn check(keys: &[&str], list: (&str, &str, usize), want: &[&str], more: bool) {
    let inmem = Inmem::new();
    for key in keys {
        inmem.put(op(), key, Bytes::from_static(b"v"), None).await.unwrap();
    }
    let (prefix, after, limit) = list;
    let page = inmem.list(op(), prefix, after, limit).await.unwrap();
    assert_eq!(page.keys, want, "{list:?} of {keys:?}");
    assert_eq!(page.more, more, "{list:?} of {keys:?}");
}

#[tokio::test]
async fn listings() {
    let keys = ["a", "a-b", "a/b", "a/c/d", "a0", "b/x", "b/y"];
    check(&keys, ("", "", 0), &["a", "a-b", "a/", "a0", "b/"], false).await;
    check(&keys, ("", "", 2), &["a", "a-b"], true).await;
    check(&keys, ("", "a/", 0), &["a0", "b/"], false).await;
    check(&keys, ("", "a/zzz", 0), &["a0", "b/"], false).await;
    check(&keys, ("", "a", 3), &["a-b", "a/", "a0"], true).await;
    check(&keys, ("", "a/", 2), &["a0", "b/"], false).await;
    check(&keys, ("a/", "", 0), &["b", "c/"], false).await;
    check(&keys, ("a/", ".", 0), &["b", "c/"], false).await;
    check(&keys, ("c/", "", 0), &[], false).await;
    check(&keys, ("", "b/", 0), &[], false).await;
}

#[tokio::test]
async fn value_limit_is_a_setting_of_the_constructor() {
    let inmem = Inmem::with_max_value_bytes(4);
    inmem.put(op(), "k", Bytes::from_static(b"1234"), None).await.unwrap();
    let error = inmem.put(op(), "k", Bytes::from_static(b"12345"), None).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::TooLarge);
}

#[tokio::test]
async fn unknown_setting_is_refused() {
    let settings = Settings::new(BTreeMap::from([("pth".to_owned(), "x".to_owned())]));
    let error = InmemProvider.open(settings).await.map(|_| ()).unwrap_err();
    assert_eq!(error.kind, ErrorKind::ConfigInvalid);
    assert!(error.message.contains("pth"));
}
