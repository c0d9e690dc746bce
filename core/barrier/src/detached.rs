//! Work that goes on to its end even if whoever asked for it stops waiting.
//!
//! A commit that is dropped halfway would leave the store changed and the effects undone; so a
//! request that times out leaves its commit running.

use std::{
    future::{Future, poll_fn},
    task::Poll,
};

use plugin_api::ErrorKind;

use crate::{Error, Result};

pub(crate) async fn detached<T, F>(work: F) -> Result<T>
where
    T: Send + 'static,
    F: Future<Output = Result<T>> + Send + 'static,
{
    let mut work = Box::pin(work);
    // A storage in memory never waits: its commits are spared the task.
    if let Poll::Ready(done) = poll_fn(|context| Poll::Ready(work.as_mut().poll(context))).await {
        return done;
    }
    match tokio::spawn(work).await {
        Ok(done) => done,
        Err(stopped) => {
            let kind = if stopped.is_panic() { ErrorKind::Panicked } else { ErrorKind::Cancelled };
            let error = plugin_api::Error::new(kind, "the commit was cut off");
            Err(Error::Storage(error.maybe_applied()))
        }
    }
}
