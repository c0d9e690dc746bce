//! What a plugin has opened: alive as long as a call of it is under way, closed once.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use plugin_api::{Error, ErrorKind, Op, Result};
use tokio::{sync::Notify, time::timeout};

use crate::native::{
    Frame, Handle, Library,
    call::Call,
    clock,
    operation::{Thread, Waiting},
};

/// An opened instance. The last one who has it closes it.
pub(super) struct Instance {
    library: &'static Library,
    pub(super) handle: Handle,
    closed: AtomicBool,
    /// Calls that the plugin has not answered, or whose answer nobody has taken yet.
    running: AtomicUsize,
    quiet: Notify,
}

/// A call of an instance that the plugin has not answered, and that somebody waits for.
pub(super) struct Running<'i>(pub(super) &'i Arc<Instance>);

/// The same, once nobody waits for it.
pub(super) struct Kept(Arc<Instance>);

impl Instance {
    pub(super) fn new(library: &'static Library, handle: Handle) -> Self {
        let (closed, running) = (AtomicBool::new(false), AtomicUsize::new(0));
        library.open.fetch_add(1, Ordering::Relaxed);
        Self { library, handle, closed, running, quiet: Notify::new() }
    }

    /// Makes a call, to be waited for as long as both the caller and the limits allow.
    pub(super) fn call(self: &Arc<Self>, op: Op, call: Call) -> Result<Waiting<'_>> {
        // A poll waits because it was asked to: that time does not count.
        let extra = match &call {
            Call::Changes { wait_ms, .. } => wait_ms.saturating_mul(1_000_000),
            _ => 0,
        };
        self.ask(op, call.name(), extra, |frame| frame.fill(call))
    }

    /// The same for a `get`.
    #[inline(always)]
    pub(super) fn get(self: &Arc<Self>, op: Op, key: &str) -> Result<Waiting<'_>> {
        self.ask(op, Call::Get.name(), 0, |frame| frame.fill_get(key))
    }

    #[inline(always)]
    fn ask(
        self: &Arc<Self>,
        op: Op,
        name: &'static str,
        extra: u64,
        fill: impl FnOnce(&mut Frame),
    ) -> Result<Waiting<'_>> {
        self.library.usable()?;
        let (now, deadline) = (clock::about_now(), clock::of(op.deadline));
        if clock::has_passed(deadline, now) {
            let message = "the deadline passed before the plugin was called";
            return Err(Error::new(ErrorKind::Timeout, message));
        }
        let running = Running::new(self);
        if self.closed.load(Ordering::SeqCst) {
            return Err(Error::new(ErrorKind::Cancelled, "the plugin's instance is closed"));
        }
        // A limit may be a little longer than it says, and is not shorter.
        let now = now.saturating_add(clock::LAG_NS);
        let longest = now.saturating_add(self.library.call_time).saturating_add(extra);
        let deadline = longest.min(deadline);
        self.library.begin(running, name, deadline, fill)
    }

    /// One call less is under way.
    fn ended(&self) {
        let last = self.running.fetch_sub(1, Ordering::SeqCst) == 1;
        // Closed first, then counted; counted first, then closed: one of both sees the other.
        if last && self.closed.load(Ordering::SeqCst) {
            self.quiet.notify_waiters();
        }
    }

    /// Closes it once its calls are answered; no call is made any more.
    pub(super) async fn close(&self) -> Result<()> {
        if self.closed.swap(true, Ordering::SeqCst) {
            return Ok(());
        }
        // Whatever keeps it from being closed now: it is open, and its end will try again.
        let open = Reopen(self);
        let quiet = async {
            loop {
                let quiet = self.quiet.notified();
                if self.running.load(Ordering::SeqCst) == 0 {
                    break;
                }
                quiet.await;
            }
        };
        let patience = Duration::from_nanos(self.library.call_time);
        if timeout(patience, quiet).await.is_err() {
            // It stays open: closing it under a call would pull the ground from it.
            let message = "the plugin has calls that it does not answer, and was not closed";
            return Err(Error::new(ErrorKind::Timeout, message));
        }
        self.library.usable()?;
        let deadline = self.library.deadline();
        let closing = self.library.start_call(self.handle, Call::Close, deadline, Thread::Any)?;
        // The plugin has been told: from here on nothing may follow.
        std::mem::forget(open);
        closing.await?;
        Ok(())
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        self.library.open.fetch_sub(1, Ordering::Relaxed);
        // A call can be under way only if its future was forgotten and not dropped.
        let under_way = *self.running.get_mut() != 0;
        if under_way || self.closed.load(Ordering::SeqCst) || self.library.usable().is_err() {
            return;
        }
        // Not here: this may be the plugin's own thread, in the middle of an answer.
        let deadline = self.library.deadline();
        // What cannot be closed stays open: there is nobody to tell.
        if let Ok(closing) =
            self.library.start_call(self.handle, Call::Close, deadline, Thread::Own)
        {
            closing.detach();
        }
    }
}

/// Takes a closing back that was given up before the plugin heard of it.
struct Reopen<'i>(&'i Instance);

impl Drop for Reopen<'_> {
    fn drop(&mut self) {
        self.0.closed.store(false, Ordering::SeqCst);
    }
}

impl<'i> Running<'i> {
    pub(super) fn new(instance: &'i Arc<Instance>) -> Self {
        instance.running.fetch_add(1, Ordering::SeqCst);
        Self(instance)
    }

    /// The same for a call that outlives its waiter.
    pub(super) fn kept(&self) -> Kept {
        self.0.running.fetch_add(1, Ordering::SeqCst);
        Kept(Arc::clone(self.0))
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.ended();
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.0.ended();
    }
}
