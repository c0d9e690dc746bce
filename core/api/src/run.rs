//! Runs a request to its end, whether its client waits or not.
//!
//! A client that goes away makes the HTTP library drop what it was waiting for. A write that is
//! dropped in the middle of its commit would leave nobody to do what must follow it, so what is
//! dropped before its end goes on in a task of its own. Its own calls have deadlines, so it ends.
//!
//! The task is made only then. What has to wait is not asked again before it is woken, either: an
//! audit line that lets the lines of other requests catch up would find itself called at once, and
//! each be a write of its own.

use std::{
    any::Any,
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use logical::{Error, Request, Response, Result};
use tokio::{runtime::Handle, time::sleep};

use crate::Service;

/// Handles a request; past the limit the client is told to try again, and no longer waits.
pub(crate) async fn to_the_end(
    service: &Arc<dyn Service>,
    request: Request,
    duration_max: Duration,
) -> Result<Response> {
    let service = Arc::clone(service);
    run(Box::pin(async move { service.handle(request).await }), duration_max).await
}

/// Does to its end what must not be left half done, and has no limit: its answer, the unseal keys
/// perhaps, can be had only once.
pub(crate) async fn whole<T: Send + 'static>(
    work: impl Future<Output = Result<T>> + Send + 'static,
) -> Result<T> {
    let mut work = Work(Some(Box::pin(work)));
    poll_fn(|context| work.poll(context)).await
}

type Handling<T> = Pin<Box<dyn Future<Output = Result<T>> + Send>>;

async fn run(handling: Handling<Response>, duration_max: Duration) -> Result<Response> {
    let mut work = Work(Some(handling));
    let mut timer = None;
    poll_fn(|context| {
        if let Poll::Ready(done) = work.poll(context) {
            return Poll::Ready(done);
        }
        // What needs no waiting, as a read from memory, is spared the timer.
        let timer = timer.get_or_insert_with(|| Box::pin(sleep(duration_max)));
        timer.as_mut().poll(context).map(|()| Err(too_long(duration_max)))
    })
    .await
}

/// A request that is being handled; nothing once it has come to its end. Dropped before, it goes
/// on in a task.
struct Work<T: Send + 'static>(Option<Handling<T>>);

impl<T: Send> Work<T> {
    /// One step. A panic is a fault of this request, not of all that share the connection.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<T>> {
        let Some(handling) = &mut self.0 else { return Poll::Pending };
        let step = catch_unwind(AssertUnwindSafe(|| handling.as_mut().poll(context)));
        let step = step.unwrap_or_else(|panic| Poll::Ready(Err(panicked(panic.as_ref()))));
        if step.is_ready() {
            self.0 = None;
        }
        step
    }
}

impl<T: Send + 'static> Drop for Work<T> {
    fn drop(&mut self) {
        // Without a runtime the process is about to end.
        if let (Some(handling), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            runtime.spawn(handling);
        }
    }
}

fn panicked(panic: &(dyn Any + Send)) -> Error {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    Error::internal(format!("a panic: {}", text.unwrap_or_default()))
}

fn too_long(duration_max: Duration) -> Error {
    let limit = logical::duration::text(duration_max);
    let text = format!("the request took longer than {limit}; it may still be done");
    Error::unavailable(text, "the limit of the listener has passed")
}

#[cfg(test)]
mod tests;
