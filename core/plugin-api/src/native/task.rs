//! A call as a future that answers a panic as an error.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll},
};

use crate::{Error, ErrorKind, Result, native::answer::Out};

/// A call whose panics are caught.
pub(super) struct Caught {
    /// Gone once it has answered or panicked.
    call: Option<Pin<Box<dyn Future<Output = Result<Out>> + Send>>>,
}

impl Caught {
    pub(super) fn new(call: impl Future<Output = Result<Out>> + Send + 'static) -> Self {
        Self { call: Some(Box::pin(call)) }
    }

    /// Polls it without having pinned it.
    pub(super) fn poll_once(&mut self, cx: &mut Context<'_>) -> Poll<Result<Out>> {
        Pin::new(self).poll(cx)
    }
}

impl Future for Caught {
    type Output = Result<Out>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let polled = catch_unwind(AssertUnwindSafe(|| {
            let polled = self.call.as_mut().map(|call| call.as_mut().poll(cx));
            // What the call holds may panic as it goes, too.
            if matches!(polled, Some(Poll::Ready(_))) {
                self.call = None;
            }
            polled
        }));
        match polled {
            Ok(Some(polled)) => polled,
            // The panic hook has written where it was; the payload may hold what nobody may see.
            Ok(None) | Err(_) => {
                let call = self.call.take();
                let _ = catch_unwind(AssertUnwindSafe(|| drop(call)));
                Poll::Ready(Err(Error::new(ErrorKind::Panicked, "the plugin panicked")))
            }
        }
    }
}
