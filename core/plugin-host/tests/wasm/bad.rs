//! A component that misbehaves: one clear sentence, and the next good call works.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use plugin_api::{Error, ErrorKind, Op, Storage};
use plugin_host::{Grant, Kind, Limits, PluginSpec, load};

use crate::fixtures::{component, folder, op, open, spec, storage};

fn misbehaving() -> PluginSpec {
    let mut spec = spec(Kind::Storage, &component("misbehaving.wasm"));
    spec.limits = Limits {
        memory_bytes: 64 << 20,
        call_time: Duration::from_millis(300),
        fuel: 128 << 20,
        instances: 2,
        log_lines_per_second: 5,
    };
    spec
}

async fn bad() -> Arc<dyn Storage> {
    storage(&misbehaving(), &[]).await
}

fn expect(error: &Error, kind: ErrorKind, words: &str) {
    let right = error.kind == kind && error.message.contains(words);
    assert!(right, "{kind:?}, {words}: {error:?}");
    assert!(error.message.len() <= 1_100 && !error.message.contains('\n'), "{error:?}");
}

async fn good(storage: &Arc<dyn Storage>) {
    assert_eq!(storage.get(op(), "good").await.unwrap().unwrap(), "good");
}

/// A good call, once the pause after failing instances is over.
async fn good_again(storage: &Arc<dyn Storage>) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while let Err(error) = storage.get(op(), "good").await {
        assert_eq!(error.kind, ErrorKind::Unavailable, "{error}");
        assert!(Instant::now() < deadline, "{error}");
        tokio::task::yield_now().await;
    }
    good(storage).await;
}

async fn check(key: &str, kind: ErrorKind, words: &str) {
    let storage = bad().await;
    for _ in 0..2 {
        let error = storage.get(op(), key).await.unwrap_err();
        expect(&error, kind, words);
        assert!(!error.maybe_applied, "{error:?}");
        good(&storage).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn traps() {
    check("panic", ErrorKind::Panicked, "the plugin trapped: wasm `unreachable`").await;
    check("exit", ErrorKind::Panicked, "the plugin ended itself with the status").await;
    check("recurse", ErrorKind::Panicked, "call stack exhausted").await;
    check("memory", ErrorKind::Panicked, "ran into its limit of 67108864 bytes of memory").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn time() {
    check("loop", ErrorKind::Timeout, "the plugin took longer to answer than the 300ms").await;
    check("sleep", ErrorKind::Timeout, "the plugin took longer to answer than the 300ms").await;
    check("never", ErrorKind::Internal, "nothing in a component wakes").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers() {
    check("value/2000000", ErrorKind::Internal, "a value has 2000000 bytes, more than").await;
    check("error/1000000", ErrorKind::Internal, "xxxxx").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fuel() {
    let mut spec = misbehaving();
    spec.limits.fuel = 1 << 20;
    let storage = storage(&spec, &[]).await;
    let error = storage.get(op(), "value/2000000").await.unwrap_err();
    expect(&error, ErrorKind::Panicked, "the plugin handed over more than its limit of 1048576");
    good(&storage).await;
}

async fn listed(prefix: &str, words: &str) {
    let storage = bad().await;
    let error = storage.list(op(), prefix, "", 0).await.unwrap_err();
    expect(&error, ErrorKind::Internal, words);
    good(&storage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn listings() {
    let mut spec = misbehaving();
    spec.limits.call_time = Duration::from_secs(20);
    let patient = storage(&spec, &[]).await;
    let error = patient.list(op(), "many/", "", 0).await.unwrap_err();
    expect(&error, ErrorKind::Internal, "a listing has 1000000 names, the limit is 100000");
    good(&patient).await;
    listed("unordered/", "a listing is not in byte order").await;
    listed("deep/", "not an immediate child").await;
    listed("relative/", "a name that is no key").await;
    let storage = bad().await;
    let error = storage.list(op(), "", "a", 0).await.unwrap_err();
    expect(&error, ErrorKind::Internal, "not in byte order");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_write_says_so() {
    let storage = bad().await;
    let error = storage.put(op(), "panic", "1".into(), None).await.unwrap_err();
    expect(&error, ErrorKind::Panicked, "the plugin trapped");
    assert!(error.maybe_applied);
    good(&storage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unclaimed() {
    let storage = bad().await;
    let error = storage.apply(op(), &[], &[], None).await.unwrap_err();
    expect(&error, ErrorKind::Unsupported, "apply is not supported");
    let error = storage.changes(op(), None, Duration::ZERO).await.unwrap_err();
    expect(&error, ErrorKind::Unsupported, "changes is not supported");
}

#[tokio::test(flavor = "multi_thread")]
async fn floods() {
    let mut spec = misbehaving();
    spec.limits.call_time = Duration::from_secs(20);
    let storage = storage(&spec, &[]).await;
    let begun = Instant::now();
    assert_eq!(storage.get(op(), "log/20000").await.unwrap(), None);
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    good(&storage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn failing_again_and_again() {
    let storage = bad().await;
    let mut last = String::new();
    for _ in 0..8 {
        last = storage.get(op(), "panic").await.unwrap_err().message;
    }
    assert!(last.contains("the plugin keeps failing; it is started again in"), "{last}");
    good_again(&storage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_loop_does_not_hold_up_the_others() {
    let mut spec = misbehaving();
    spec.limits.call_time = Duration::from_secs(3);
    let storage = storage(&spec, &[]).await;
    let looping = tokio::spawn({
        let storage = storage.clone();
        async move { storage.get(op(), "loop").await }
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    let begun = Instant::now();
    good(&storage).await;
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    assert_eq!(looping.await.unwrap().unwrap_err().kind, ErrorKind::Timeout);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_of_good_and_bad_calls() {
    let storage = bad().await;
    let mut calls = tokio::task::JoinSet::new();
    for number in 0..400 {
        let storage = storage.clone();
        calls.spawn(async move {
            let key = if number % 10 == 0 { "panic" } else { "good" };
            (key, storage.get(op(), key).await)
        });
    }
    let mut good_ones = 0;
    for (key, answer) in calls.join_all().await {
        match answer {
            Ok(value) => {
                assert_eq!((key, value.unwrap().as_ref()), ("good", b"good".as_slice()));
                good_ones += 1;
            }
            // Some panics in a row, and there is a pause in which all are refused.
            Err(error) if error.kind == ErrorKind::Unavailable => (),
            Err(error) => assert_eq!((key, error.kind), ("panic", ErrorKind::Panicked), "{error}"),
        }
    }
    assert!(good_ones >= 200, "{good_ones}");
    good_again(&storage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_for_an_instance_ends_too() {
    let mut spec = misbehaving();
    spec.limits.call_time = Duration::from_secs(2);
    spec.limits.instances = 1;
    let storage = storage(&spec, &[]).await;
    let looping = tokio::spawn({
        let storage = storage.clone();
        async move { storage.get(op(), "loop").await }
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    let soon = Op::within(Duration::from_millis(200));
    let error = storage.delete(soon, "a", None).await.unwrap_err();
    expect(&error, ErrorKind::Timeout, "no instance of the plugin was free before the deadline");
    assert!(!error.maybe_applied);
    looping.await.unwrap().unwrap_err();
    good(&storage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn opening() {
    let loaded = load(&misbehaving()).unwrap();
    let error = open(&loaded, &[("open", "panic")]).await.err().unwrap();
    expect(&error, ErrorKind::Panicked, "the plugin trapped");
    let error = open(&loaded, &[("open", "loop")]).await.err().unwrap();
    expect(&error, ErrorKind::Timeout, "the plugin took longer to answer");
    let error = open(&loaded, &[("open", "nothing")]).await.err().unwrap();
    expect(&error, ErrorKind::Internal, "opened as something else than its stanza says");
    good(&open(&loaded, &[]).await.unwrap().storage.unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_inherited() {
    let storage = bad().await;
    assert_eq!(storage.get(op(), "environment").await.unwrap().unwrap(), "0");
    assert_eq!(storage.get(op(), "env/PATH").await.unwrap(), None);
    let error = storage.get(op(), "read/etc/passwd").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::PermissionDenied);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_granted_is_there() {
    let (open_folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    std::fs::write(open_folder.path().join("note"), "hello").unwrap();
    std::fs::write(other.path().join("secret"), "hidden").unwrap();
    std::os::unix::fs::symlink(other.path(), open_folder.path().join("link")).unwrap();
    let mut spec = misbehaving();
    spec.grants = vec![
        folder("/in", open_folder.path(), false),
        Grant::Env { variable: "CARGO_MANIFEST_DIR".to_owned() },
    ];
    let storage = storage(&spec, &[]).await;
    assert_eq!(storage.get(op(), "read/in/note").await.unwrap().unwrap(), "hello");
    assert_eq!(storage.get(op(), "environment").await.unwrap().unwrap(), "1");
    assert!(storage.get(op(), "env/CARGO_MANIFEST_DIR").await.unwrap().is_some());
    for path in ["in/../../etc/passwd", "in/link/secret"] {
        storage.get(op(), &format!("read/{path}")).await.unwrap_err();
    }
    storage.put(op(), "in/new", "1".into(), None).await.unwrap_err();
    assert!(!open_folder.path().join("new").exists());
}
