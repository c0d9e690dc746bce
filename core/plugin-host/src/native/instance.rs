//! What a plugin has opened: alive as long as a call of it is under way, closed once.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use plugin_api::{Error, ErrorKind, Op, Result};
use tokio::{sync::Notify, time::timeout_at};

use crate::{
    native::{
        Handle, Library,
        call::{Call, Output},
        operation::Thread,
    },
    vitals::Counted,
};

/// An opened instance. The last one who has it closes it.
pub(super) struct Instance {
    library: &'static Library,
    handle: Handle,
    closed: AtomicBool,
    /// Calls that the plugin has not answered.
    running: AtomicUsize,
    quiet: Notify,
    _counted: Counted,
}

/// A call of an instance that the plugin has not answered.
pub(super) struct Running {
    instance: Arc<Instance>,
    _counted: Counted,
}

impl Instance {
    pub(super) fn new(library: &'static Library, handle: Handle) -> Self {
        let (closed, running) = (AtomicBool::new(false), AtomicUsize::new(0));
        let _counted = library.vitals.open();
        Self { library, handle, closed, running, quiet: Notify::new(), _counted }
    }

    /// Makes a call, and waits for its answer as long as both the caller and the limits allow.
    pub(super) async fn call(self: &Arc<Self>, op: Op, call: Call) -> Result<Output> {
        self.library.usable()?;
        // One look at the clock for all: it is a good part of the cost of a fast call.
        let now = Instant::now();
        if op.deadline <= now {
            let message = "the deadline passed before the plugin was called";
            return Err(Error::new(ErrorKind::Timeout, message));
        }
        let running = Running::new(self);
        if self.closed.load(Ordering::SeqCst) {
            return Err(Error::new(ErrorKind::Cancelled, "the plugin's instance is closed"));
        }
        // A poll waits because it was asked to: that time does not count.
        let poll = match &call {
            Call::Changes { wait_ms, .. } => Duration::from_millis(*wait_ms),
            _ => Duration::ZERO,
        };
        let longest = now.checked_add(self.library.call_time.saturating_add(poll));
        let deadline = longest.map_or(op.deadline, |longest| longest.min(op.deadline));
        let at = (self.handle, Some(running));
        self.library.begin(at, call, deadline, Thread::Any).answer(deadline).await
    }

    /// Closes it once its calls are answered; no call is made any more.
    pub(super) async fn close(&self) -> Result<()> {
        if self.closed.swap(true, Ordering::SeqCst) {
            return Ok(());
        }
        // Whatever keeps it from being closed now: it is open, and its end will try again.
        let open = Reopen(self);
        let deadline = Instant::now() + self.library.call_time;
        let quiet = async {
            loop {
                let quiet = self.quiet.notified();
                if self.running.load(Ordering::SeqCst) == 0 {
                    break;
                }
                quiet.await;
            }
        };
        if timeout_at(deadline.into(), quiet).await.is_err() {
            // It stays open: closing it under a call would pull the ground from it.
            let message = "the plugin has calls that it does not answer, and was not closed";
            return Err(Error::new(ErrorKind::Timeout, message));
        }
        self.library.usable()?;
        let at = (self.handle, None);
        let closing = self.library.begin(at, Call::Close, deadline, Thread::Any);
        // The plugin has been told: from here on nothing may follow.
        std::mem::forget(open);
        closing.answer(deadline).await?;
        Ok(())
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        if self.closed.load(Ordering::SeqCst) || self.library.usable().is_err() {
            return;
        }
        // Not here: this may be the plugin's own thread, in the middle of an answer.
        let deadline = Instant::now() + self.library.call_time;
        let waiting = self.library.begin((self.handle, None), Call::Close, deadline, Thread::Own);
        waiting.detach();
    }
}

/// Takes a closing back that was given up before the plugin heard of it.
struct Reopen<'i>(&'i Instance);

impl Drop for Reopen<'_> {
    fn drop(&mut self) {
        self.0.closed.store(false, Ordering::SeqCst);
    }
}

impl Running {
    fn new(instance: &Arc<Instance>) -> Self {
        instance.running.fetch_add(1, Ordering::SeqCst);
        Self { instance: instance.clone(), _counted: instance.library.vitals.busy() }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.instance.running.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.instance.quiet.notify_waiters();
        }
    }
}
