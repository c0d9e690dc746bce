//! One call on its way: who waits for it, and whether the plugin still looks at its arguments.

use std::{
    future::poll_fn,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Instant,
};

use parking_lot::Mutex;
use plugin_api::{Error, ErrorKind, Result, abi};
use tokio::time::timeout_at;

use crate::native::{
    Frame, Handle, Library,
    call::{Call, Output},
    instance::Running,
};

/// The most calls that a plugin may leave unanswered before it gets no more.
const ABANDONED_MAX: usize = 256;

/// A call, from its beginning until the plugin has answered it.
pub(super) struct Operation {
    pub(super) library: &'static Library,
    pub(super) handle: Handle,
    pub(super) frame: Frame,
    number: u64,
    progress: Mutex<Progress>,
    /// Keeps the instance open, if there is one already.
    _running: Option<Running>,
}

/// Most calls are answered before they return, and nobody has to be woken: the answer lies here
/// until it is fetched, which costs less than a channel.
struct Progress {
    stage: Stage,
    answer: Option<Result<Output>>,
    waiter: Option<Waker>,
}

enum Stage {
    /// It waits for a thread.
    Queued,
    /// The plugin has it.
    Running,
    /// The plugin has it, and nobody waits for it.
    Abandoned,
    /// It was answered, or it never began.
    Ended,
}

/// The wait for an answer. Dropping it gives the call up.
pub(super) struct Waiting {
    operation: Arc<Operation>,
    /// The call goes on when the wait ends, or has ended.
    detached: bool,
}

/// Where a call begins.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Thread {
    /// Here, if the plugin returns soon.
    Any,
    /// On one that may wait, whatever the plugin says.
    Own,
}

impl Library {
    /// Whether the plugin gets any more calls.
    pub(super) fn usable(&self) -> Result<()> {
        if let Some(why) = self.fault.get() {
            let message = format!(
                "the plugin {} {why}, and is not used any more; mend it and restart the server",
                self.name
            );
            return Err(Error::new(ErrorKind::Internal, message));
        }
        if self.threads.is_full() {
            let message = format!("the plugin {} does not return from its calls", self.name);
            return Err(Error::new(ErrorKind::Unavailable, message));
        }
        let abandoned = self.pending.abandoned();
        if abandoned >= ABANDONED_MAX {
            let message = format!(
                "the plugin {} has left {abandoned} calls unanswered and gets no more until it \
                 answers some",
                self.name
            );
            return Err(Error::new(ErrorKind::Unavailable, message));
        }
        Ok(())
    }

    /// Begins a call.
    pub(super) fn begin(
        &'static self,
        (handle, running): (Handle, Option<Running>),
        call: Call,
        deadline: Instant,
        thread: Thread,
    ) -> Waiting {
        let number = self.pending.number();
        let operation = Arc::new(Operation {
            library: self,
            handle,
            frame: Frame::new(call, number, deadline),
            number,
            progress: Mutex::new(Progress { stage: Stage::Queued, answer: None, waiter: None }),
            _running: running,
        });
        self.pending.insert(number, operation.clone());
        let flags = self.tables.get().map_or(0, |tables| tables.plugin.flags);
        if thread == Thread::Own || flags & abi::BLOCKING != 0 {
            let operation = operation.clone();
            self.threads.run(move || operation.enter());
        } else {
            operation.enter();
        }
        Waiting { operation, detached: false }
    }
}

impl Operation {
    /// Goes to the plugin, unless nobody waits any more: a write that lands later would surprise.
    fn enter(self: &Arc<Self>) {
        {
            let mut progress = self.progress.lock();
            if !matches!(progress.stage, Stage::Queued) {
                return;
            }
            progress.stage = Stage::Running;
        }
        if !self.invoke() && self.library.pending.take(self.number).is_some() {
            self.end(Err(Error::unsupported(self.frame.call.name())));
        }
    }

    /// The answer is there.
    pub(super) fn end(&self, result: Result<Output>) {
        let mut progress = self.progress.lock();
        if let Stage::Abandoned = std::mem::replace(&mut progress.stage, Stage::Ended) {
            drop(progress);
            self.library.pending.answered_late();
            // Nobody there: what was opened is closed, what was read is given back.
            drop(result);
            return;
        }
        progress.answer = Some(result);
        let waiter = progress.waiter.take();
        drop(progress);
        if let Some(waiter) = waiter {
            waiter.wake();
        }
    }

    fn poll(&self, context: &Context<'_>) -> Poll<Result<Output>> {
        let mut progress = self.progress.lock();
        if let Some(answer) = progress.answer.take() {
            return Poll::Ready(answer);
        }
        progress.waiter = Some(context.waker().clone());
        Poll::Pending
    }

    /// Nobody waits any more.
    fn abandon(&self) {
        let mut progress = self.progress.lock();
        match progress.stage {
            Stage::Queued => {
                progress.stage = Stage::Ended;
                drop(progress);
                drop(self.library.pending.take(self.number));
            }
            Stage::Running => {
                progress.stage = Stage::Abandoned;
                // Counted before the lock goes: an answer may take it off at once.
                self.library.pending.abandon();
                drop(progress);
                // Nothing may follow the closing of an instance, no advice either.
                if !matches!(self.frame.call, Call::Close) {
                    self.library.cancel(self.handle, self.number);
                }
            }
            Stage::Abandoned | Stage::Ended => (),
        }
    }
}

impl Waiting {
    /// The answer, or that it did not come in time.
    pub(super) async fn answer(mut self, deadline: Instant) -> Result<Output> {
        // Most answers are there already: those need no timer.
        let first = self.operation.progress.lock().answer.take();
        let answered = match first {
            Some(result) => Ok(result),
            None => {
                let answer = poll_fn(|context| self.operation.poll(context));
                timeout_at(deadline.into(), answer).await
            }
        };
        match answered {
            Ok(result) => {
                self.detached = true;
                result
            }
            Err(_elapsed) => Err(self.unanswered()),
        }
    }

    /// Nobody waits, and it goes on all the same.
    pub(super) fn detach(mut self) {
        self.detached = true;
    }

    fn unanswered(&self) -> Error {
        let (call, plugin) = (&self.operation.frame.call, &self.operation.library.name);
        let what = "was not answered within the deadline";
        let message = format!("the call {} of the plugin {plugin} {what}", call.name());
        let error = Error::new(ErrorKind::Timeout, message);
        if call.writes() { error.maybe_applied() } else { error }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if !self.detached {
            self.operation.abandon();
        }
    }
}
