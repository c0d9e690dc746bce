//! Runs a future to its end on the instance's only thread.

use std::{
    future::Future,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use crate::{Error, ErrorKind, Result};

/// Whether the future has been woken since it was last polled.
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Runs a call to its end. Nothing else runs beside it: one that waits without having been woken
/// would wait for ever, and is an error instead.
pub(crate) fn run<T>(call: impl Future<Output = Result<T>>) -> Result<T> {
    let woken = Arc::new(Woken(AtomicBool::new(false)));
    let waker = Waker::from(woken.clone());
    let mut context = Context::from_waker(&waker);
    let mut call = pin!(call);
    loop {
        match call.as_mut().poll(&mut context) {
            Poll::Ready(result) => return result,
            Poll::Pending if woken.0.swap(false, Ordering::Relaxed) => (),
            Poll::Pending => {
                let message = "the provider waits for something that nothing in a component wakes";
                return Err(Error::new(ErrorKind::Internal, message));
            }
        }
    }
}
