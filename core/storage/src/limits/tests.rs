//! The limits at their edges, and what happens when time runs out.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use plugin_api::{Capabilities, Check, ErrorKind, Fence, Op, Page, Result, Storage, Write};

use super::Limits;

/// A storage that never answers.
struct Silent(Capabilities);

#[async_trait]
impl Storage for Silent {
    fn capabilities(&self) -> Capabilities {
        self.0
    }

    async fn get(&self, _op: Op, _key: &str) -> Result<Option<Bytes>> {
        std::future::pending().await
    }

    async fn put(&self, _op: Op, _key: &str, _value: Bytes, _fence: Option<&Fence>) -> Result<()> {
        std::future::pending().await
    }

    async fn delete(&self, _op: Op, _key: &str, _fence: Option<&Fence>) -> Result<()> {
        std::future::pending().await
    }

    async fn list(&self, _op: Op, _prefix: &str, _after: &str, _limit: usize) -> Result<Page> {
        std::future::pending().await
    }
}

fn silent(parallel: usize) -> Limits {
    let capabilities = Capabilities::basic().with_entry_limits(8, 4).with_batches(2, 10);
    Limits::new(Arc::new(Silent(capabilities)), parallel)
}

fn soon() -> Op {
    Op::within(Duration::from_millis(30))
}

/// What a call comes to: the kind of error, and whether it may have been applied.
fn check<T>(result: Result<T>, kind: ErrorKind, maybe_applied: bool) {
    let error = result.map(|_| ()).unwrap_err();
    assert_eq!((error.kind, error.maybe_applied), (kind, maybe_applied), "{error}");
}

fn put(key: &str, value: &'static [u8]) -> Write {
    Write::Put(key.to_owned(), Bytes::from_static(value))
}

#[tokio::test]
async fn sizes_are_refused_before_the_storage_is_asked() {
    use ErrorKind::{InvalidArgument, TooLarge, Unsupported};
    let limits = silent(1);
    let op = soon();
    check(limits.get(op, "").await, InvalidArgument, false);
    check(limits.get(op, "123456789").await, TooLarge, false);
    check(limits.put(op, "k", Bytes::from_static(b"12345"), None).await, TooLarge, false);
    check(limits.delete(op, "k/", None).await, InvalidArgument, false);
    check(limits.list(op, "k", "", 0).await, InvalidArgument, false);
    let three = [put("a", b""), put("b", b""), put("c", b"")];
    check(limits.apply(op, &[], &three, None).await, TooLarge, false);
    let heavy = [put("aa", b"1234"), put("b", b"1234")];
    check(limits.apply(op, &[], &heavy, None).await, TooLarge, false);
    check(limits.apply(op, &[], &[put("a", b"12345")], None).await, TooLarge, false);
    let checks = [Check::Absent("a".to_owned())];
    check(limits.apply(op, &checks, &[], None).await, Unsupported, false);
}

#[tokio::test]
async fn time_runs_out() {
    use ErrorKind::Timeout;
    let limits = silent(1);
    check(limits.get(soon(), "k").await, Timeout, false);
    check(limits.list(soon(), "", "", 0).await, Timeout, false);
    check(limits.put(soon(), "k", Bytes::new(), None).await, Timeout, true);
    check(limits.delete(soon(), "k", None).await, Timeout, true);
    let late = Op::within(Duration::ZERO);
    check(limits.put(late, "k", Bytes::new(), None).await, Timeout, false);
}

#[tokio::test]
async fn turns_run_out() {
    let limits = Arc::new(silent(1));
    let holder = tokio::spawn({
        let limits = limits.clone();
        async move { limits.get(Op::within(Duration::from_secs(60)), "k").await }
    });
    tokio::task::yield_now().await;
    check(limits.put(soon(), "k", Bytes::new(), None).await, ErrorKind::Timeout, false);
    holder.abort();
    limits.close().await.unwrap();
    check(limits.get(soon(), "k").await, ErrorKind::Cancelled, false);
}
