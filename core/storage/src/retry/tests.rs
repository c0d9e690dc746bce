//! What is asked again, and what is not.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use parking_lot::Mutex;
use plugin_api::{Capabilities, Check, Error, ErrorKind, Fence, Op, Page, Result, Storage, Write};

use super::{RETRIES_MAX, Retry};

/// A storage that fails with these errors, one per call, and then succeeds.
struct Failing {
    errors: Mutex<VecDeque<Error>>,
    calls: Mutex<u32>,
}

impl Failing {
    fn next(&self) -> Result<()> {
        *self.calls.lock() += 1;
        self.errors.lock().pop_front().map_or(Ok(()), Err)
    }
}

#[async_trait]
impl Storage for Failing {
    fn capabilities(&self) -> Capabilities {
        Capabilities::basic().with_batches(10, 1_000).with_checks()
    }

    async fn get(&self, _op: Op, _key: &str) -> Result<Option<Bytes>> {
        self.next().map(|()| None)
    }

    async fn put(&self, _op: Op, _key: &str, _value: Bytes, _fence: Option<&Fence>) -> Result<()> {
        self.next()
    }

    async fn delete(&self, _op: Op, _key: &str, _fence: Option<&Fence>) -> Result<()> {
        self.next()
    }

    async fn list(&self, _op: Op, _prefix: &str, _after: &str, _limit: usize) -> Result<Page> {
        self.next().map(|()| Page::default())
    }

    async fn apply(
        &self,
        _op: Op,
        _checks: &[Check],
        _writes: &[Write],
        _fence: Option<&Fence>,
    ) -> Result<()> {
        self.next()
    }
}

/// Every call, over a storage that fails with `errors`, reaches it `calls` times.
async fn check(errors: &[Error], budget: Duration, calls: u32, ok: bool) {
    for call in ["get", "list", "put", "delete", "apply"] {
        let errors_left = Mutex::new(errors.iter().cloned().collect());
        let failing = Arc::new(Failing { errors: errors_left, calls: Mutex::new(0) });
        let retry = Retry::new(failing.clone());
        let op = Op::within(budget);
        let result = match call {
            "get" => retry.get(op, "k").await.map(|_| ()),
            "list" => retry.list(op, "", "", 0).await.map(|_| ()),
            "put" => retry.put(op, "k", Bytes::new(), None).await,
            "delete" => retry.delete(op, "k", None).await,
            _ => retry.apply(op, &[], &[], None).await,
        };
        assert_eq!(*failing.calls.lock(), calls, "calls of {call} for {errors:?}");
        assert_eq!(result.is_ok(), ok, "{call} for {errors:?}: {result:?}");
    }
}

#[tokio::test]
async fn what_is_asked_again() {
    let long = Duration::from_secs(60);
    let away = Error::new(ErrorKind::Unavailable, "away");
    check(&[], long, 1, true).await;
    check(std::slice::from_ref(&away), long, 2, true).await;
    check(&[away.clone(), away.clone()], long, 3, true).await;
    check(&[Error::new(ErrorKind::Conflict, "no")], long, 1, false).await;
    check(&[Error::new(ErrorKind::Internal, "no")], long, 1, false).await;
    check(&[away.clone().maybe_applied()], long, 1, false).await;
    check(&[away.clone(), away.clone().maybe_applied()], long, 2, false).await;
    check(std::slice::from_ref(&away), Duration::from_millis(5), 1, false).await;
}

#[tokio::test]
async fn it_ends() {
    let away = Error::new(ErrorKind::Unavailable, "away");
    let failing = Arc::new(Failing {
        errors: Mutex::new(std::iter::repeat_n(away, 100).collect()),
        calls: Mutex::new(0),
    });
    let retry = Retry::new(failing.clone());
    retry.get(Op::within(Duration::from_secs(60)), "k").await.unwrap_err();
    assert_eq!(*failing.calls.lock(), RETRIES_MAX + 1);
}
