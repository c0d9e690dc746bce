//! A call as a future: it answers a panic as an error, and when it goes, its completion goes last.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll},
};

use crate::{
    Error, ErrorKind, Result,
    native::{Completion, answer::Gives, instance::Instance},
};

/// What the provider does for a call. It may borrow the call's arguments: they stay until the call
/// is answered.
pub(super) type Work<T> = Pin<Box<dyn Future<Output = Result<T>> + Send>>;

/// A call that has to wait. The order counts: what the provider still holds goes before the
/// completion, which answers a call that was cancelled.
pub(super) struct Task<T> {
    work: Option<Work<T>>,
    /// Where it can be cancelled, once it is a task.
    instance: Option<&'static Instance>,
    /// Gone once it has answered.
    completion: Option<Completion>,
}

impl<T> Task<T> {
    pub(super) fn new(completion: Completion, work: Option<Work<T>>) -> Self {
        Self { work, instance: None, completion: Some(completion) }
    }

    /// It can be cancelled from here on.
    pub(super) fn cancellable(mut self, instance: &'static Instance) -> Self {
        self.instance = Some(instance);
        self
    }
}

/// Polls the provider's part; it is gone once it has answered or panicked.
pub(super) fn poll<T>(work: &mut Option<Work<T>>, cx: &mut Context<'_>) -> Poll<Result<T>> {
    let polled = catch_unwind(AssertUnwindSafe(|| {
        let polled = work.as_mut().map(|work| work.as_mut().poll(cx));
        // What it holds may panic as it goes, too.
        if matches!(polled, Some(Poll::Ready(_))) {
            *work = None;
        }
        polled
    }));
    match polled {
        Ok(Some(polled)) => polled,
        // The panic hook has written where it was; the payload may hold what nobody may see.
        Ok(None) | Err(_) => {
            let work = work.take();
            let _ = catch_unwind(AssertUnwindSafe(|| drop(work)));
            Poll::Ready(Err(Error::new(ErrorKind::Panicked, "the plugin panicked")))
        }
    }
}

impl<T: Gives> Future for Task<T> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Poll::Ready(result) = poll(&mut self.work, cx) else { return Poll::Pending };
        if let Some(completion) = self.completion.take() {
            // First: the instance may be gone once the call is answered.
            if let Some(instance) = self.instance.take() {
                instance.running().remove(&completion.op_id);
            }
            completion.answer(&result);
        }
        Poll::Ready(())
    }
}
