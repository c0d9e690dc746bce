//! Which answers of a storage end the server.

use std::{collections::VecDeque, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use parking_lot::Mutex;
use plugin_api::{Capabilities, Error, ErrorKind, Fence, Op, Page, Result, Storage};

use super::watch;

/// A storage that answers its health with these, one after the other, and nothing else.
struct Patient(Mutex<VecDeque<Result<()>>>);

#[async_trait]
impl Storage for Patient {
    fn capabilities(&self) -> Capabilities {
        Capabilities::basic()
    }

    async fn get(&self, _: Op, _: &str) -> Result<Option<Bytes>> {
        Err(Error::unsupported("get"))
    }

    async fn put(&self, _: Op, _: &str, _: Bytes, _: Option<&Fence>) -> Result<()> {
        Err(Error::unsupported("put"))
    }

    async fn delete(&self, _: Op, _: &str, _: Option<&Fence>) -> Result<()> {
        Err(Error::unsupported("delete"))
    }

    async fn list(&self, _: Op, _: &str, _: &str, _: usize) -> Result<Page> {
        Err(Error::unsupported("list"))
    }

    async fn health(&self, _: Op) -> Result<()> {
        self.0.lock().pop_front().expect("asked no more after the end")
    }
}

#[tokio::test]
async fn only_a_storage_that_gives_itself_up_ends_the_server() {
    let passing = [
        ErrorKind::Unavailable,
        ErrorKind::Timeout,
        ErrorKind::Unauthenticated,
        ErrorKind::PermissionDenied,
        ErrorKind::Unsupported,
        ErrorKind::Internal,
        ErrorKind::Panicked,
    ];
    let mut answers: VecDeque<Result<()>> =
        passing.into_iter().map(|kind| Err(Error::new(kind, "it passes"))).collect();
    answers.push_front(Ok(()));
    answers.push_back(Err(Error::new(ErrorKind::Corrupt, "could not sync x: i/o error")));
    let storage = Patient(Mutex::new(answers));
    let failure = watch(&storage, Duration::from_millis(1)).await;
    assert!(storage.0.lock().is_empty(), "it ended too early");
    assert_eq!(failure.code(), 1);
    let text = failure.text().unwrap();
    assert!(text.contains("could not sync x") && text.contains("start the server"), "{text}");
}
