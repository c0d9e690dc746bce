//! Calls of a plugin in C that does all that it must not. The server survives each, says what it
//! was in one sentence, and the next good call works.

use std::{future::poll_fn, sync::Arc, task::Poll, time::Instant};

use plugin_api::{Bytes, Error, ErrorKind, Storage};

use crate::fixtures::{CALL_TIME, impatient, naughty, op, open, storage};

async fn fresh() -> Option<Arc<dyn Storage>> {
    Some(storage(&impatient(&naughty(&[])?), &[]).await)
}

async fn good_call(storage: &dyn Storage) {
    assert_eq!(storage.get(op(), "good").await.unwrap().unwrap(), "good");
}

fn check(error: &Error, kind: ErrorKind, words: &str) {
    assert_eq!(error.kind, kind, "{error}");
    assert!(error.message.contains(words), "{:?} does not say {words:?}", error.message);
    assert!(!error.message.contains('\n'), "{error}");
}

/// A get that must fail, and a good one after it.
async fn check_get(storage: &dyn Storage, key: &str, kind: ErrorKind, words: &str) {
    check(&storage.get(op(), key).await.unwrap_err(), kind, words);
    good_call(storage).await;
}

#[tokio::test]
async fn answers() {
    let Some(storage) = fresh().await else { return };
    let it = storage.as_ref();
    check_get(it, "panicked", ErrorKind::Panicked, "it panicked").await;
    check_get(it, "unknown", ErrorKind::Internal, "who knows [31m \u{fffd}").await;
    check_get(it, "null", ErrorKind::Internal, "answered without an answer").await;
    check_get(it, "empty", ErrorKind::Internal, "an answer has no content").await;
    check_get(it, "huge", ErrorKind::Internal, "a buffer of 1099511627776 bytes").await;
    check_get(it, "nowhere", ErrorKind::Internal, "a buffer of 5 bytes that is not there").await;
    check_get(it, "long", ErrorKind::Internal, "longer than it claims").await;
    let old = it.get(op(), "old").await.unwrap_err();
    assert!(old.kind == ErrorKind::Unavailable && !old.maybe_applied, "{old:?}");
    assert_eq!(it.get(op(), "thread").await.unwrap().unwrap(), "elsewhere");
    good_call(it).await;
}

#[tokio::test]
async fn deadlines() {
    let Some(storage) = fresh().await else { return };
    let it = storage.as_ref();
    let began = Instant::now();
    check_get(it, "loop", ErrorKind::Timeout, "the call get of the plugin tested was not answ")
        .await;
    check_get(it, "never", ErrorKind::Timeout, "was not answered within the deadline").await;
    assert!(began.elapsed() >= CALL_TIME * 2);
    // The answer that comes late goes to nobody, and to nobody else.
    assert_eq!(it.get(op(), "late").await.unwrap().unwrap(), "late");
    good_call(it).await;
    check_get(it, "slow", ErrorKind::Timeout, "was not answered within the deadline").await;
    tokio::time::sleep(CALL_TIME * 4).await;
    good_call(it).await;
    let written = it.put(op(), "never", Bytes::from_static(b"x"), None).await.unwrap_err();
    assert!(written.kind == ErrorKind::Timeout && written.maybe_applied, "{written:?}");
    it.put(op(), "good", Bytes::from_static(b"x"), None).await.unwrap();
}

/// Whoever gives up, gives up at once, and its late answer is taken all the same.
#[tokio::test]
async fn dropped() {
    let Some(storage) = fresh().await else { return };
    for _ in 0..20 {
        let mut call = storage.get(op(), "thread");
        let begun = poll_fn(|context| Poll::Ready(call.as_mut().poll(context))).await;
        assert!(begun.is_pending());
    }
    good_call(storage.as_ref()).await;
    storage.close().await.unwrap();
    let closed = storage.get(op(), "good").await.unwrap_err();
    check(&closed, ErrorKind::Cancelled, "the plugin's instance is closed");
}

async fn check_distrusted(key: &str) {
    let Some(path) = naughty(&[]) else { return };
    let bad = storage(&impatient(&path), &[]).await;
    let _ = bad.get(op(), key).await;
    // The first answer ends that call, and the second comes a moment later.
    let refused = async {
        loop {
            if let Err(error) = bad.get(op(), "good").await {
                return error;
            }
        }
    };
    let error = tokio::time::timeout(CALL_TIME * 20, refused).await.unwrap();
    check(
        &error,
        ErrorKind::Internal,
        "tested has answered a call twice, and is not used any more",
    );
    assert!(bad.put(op(), "good", Bytes::new(), None).await.is_err());
    // Another copy of the same file has done no harm yet.
    good_call(storage(&impatient(&path), &[]).await.as_ref()).await;
}

#[tokio::test]
async fn answers_twice() {
    check_distrusted("twice").await;
    check_distrusted("stranger").await;
}

/// A plugin that leaves everything unanswered gets no more calls, instead of all the memory.
#[tokio::test]
async fn answers_never() {
    let Some(path) = naughty(&[]) else { return };
    let storage = storage(&impatient(&path), &[]).await;
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..300 {
        let storage = storage.clone();
        calls.spawn(async move { storage.get(op(), "never").await.unwrap_err().kind });
    }
    while let Some(kind) = calls.join_next().await {
        assert_eq!(kind.unwrap(), ErrorKind::Timeout);
    }
    let error = storage.get(op(), "good").await.unwrap_err();
    check(&error, ErrorKind::Unavailable, "has left 300 calls unanswered");
}

async fn check_list(storage: &dyn Storage, prefix: &str, limit: usize, words: &str) {
    let error = storage.list(op(), prefix, "", limit).await.unwrap_err();
    check(&error, ErrorKind::Internal, words);
    let page = storage.list(op(), "good/", "", 0).await.unwrap();
    assert_eq!((page.keys, page.more), (vec!["a".to_owned(), "b".to_owned()], false));
}

#[tokio::test]
async fn listings() {
    let Some(storage) = fresh().await else { return };
    let it = storage.as_ref();
    check_list(it, "million/", 0, "a list has 1000000 names, the limit is 100000").await;
    check_list(it, "good/", 1, "a listing has 2 names, and 1 were asked for").await;
    check_list(it, "garbage/", 0, "a list has a name that is not UTF-8").await;
    check_list(it, "unsorted/", 0, "a listing is not in byte order").await;
    check_list(it, "deep/", 0, "a listing names what is not an immediate child").await;
    check_list(it, "cut/", 0, "a list is cut off").await;
    check_list(it, "more/", 0, "a list is cut off").await;
    check_list(it, "lies/", 0, "a list is cut off").await;
}

#[tokio::test]
async fn openings() {
    let Some(path) = naughty(&[]) else { return };
    let loaded = plugin_host::load(&impatient(&path)).unwrap();
    let check_open = async |setting: &str, kind, words: &str| {
        let error = open(&loaded, &[(setting, "1")]).await.err().unwrap();
        check(&error, kind, words);
    };
    check_open("never", ErrorKind::Timeout, "the call open of the plugin tested was not").await;
    check_open("claims", ErrorKind::Internal, "it claims what it has no function for").await;
    check_open("seal", ErrorKind::Internal, "what it opened is no storage").await;
    good_call(open(&loaded, &[]).await.unwrap().storage.unwrap().as_ref()).await;
}

/// What is not claimed does not reach it.
#[tokio::test]
async fn unclaimed() {
    let Some(storage) = fresh().await else { return };
    let fence = plugin_api::Fence { lock_key: "l".into(), token: "t".into(), epoch: 1 };
    let error = storage.put(op(), "good", Bytes::new(), Some(&fence)).await.unwrap_err();
    check(&error, ErrorKind::Unsupported, "fencing is not supported");
    let error = storage.apply(op(), &[], &[], None).await.unwrap_err();
    check(&error, ErrorKind::Unsupported, "apply is not supported");
    check(&storage.get(op(), "a//b").await.unwrap_err(), ErrorKind::InvalidArgument, "empty segm");
    let long = "k".repeat(1025);
    check(&storage.get(op(), &long).await.unwrap_err(), ErrorKind::TooLarge, "the limit is 1024");
    storage.health(op()).await.unwrap();
}
