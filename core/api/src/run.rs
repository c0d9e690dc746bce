//! Runs a request to its end, whether its client waits or not.
//!
//! A client that goes away makes the HTTP library drop what it was waiting for. A write that is
//! dropped in the middle of its commit would leave nobody to do what must follow it, so what does
//! not end at once goes on in a task of its own. Its own calls have deadlines, so it ends.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    sync::Arc,
    task::Poll,
    time::Duration,
};

use logical::{Error, Request, Response, Result};

use crate::Service;

type Work = Pin<Box<dyn Future<Output = Result<Response>> + Send>>;

/// Handles a request; past the limit the client is told to try again, and no longer waits.
pub(crate) async fn to_the_end(
    service: &Arc<dyn Service>,
    request: Request,
    duration_max: Duration,
) -> Result<Response> {
    let service = Arc::clone(service);
    let mut work: Work = Box::pin(async move { service.handle(request).await });
    // What needs no waiting, as a read from memory, is spared the task.
    if let Poll::Ready(done) = poll_fn(|context| Poll::Ready(work.as_mut().poll(context))).await {
        return done;
    }
    let task = tokio::spawn(work);
    match tokio::time::timeout(duration_max, task).await {
        Ok(ended) => ended.unwrap_or_else(|fault| Err(Error::internal(fault))),
        Err(elapsed) => Err(too_long(duration_max, elapsed)),
    }
}

fn too_long(duration_max: Duration, elapsed: tokio::time::error::Elapsed) -> Error {
    let limit = logical::duration::text(duration_max);
    Error::unavailable(
        format!("the request took longer than {limit}; it may still be done"),
        elapsed,
    )
}
