//! One call on its way: how it begins, and the wait for its answer.

use std::{
    cell::Cell,
    pin::Pin,
    ptr,
    sync::atomic::Ordering,
    task::{Context, Poll},
};

use plugin_api::{Error, ErrorKind, Result, abi};
use tokio::time::Sleep;

use crate::native::{
    Frame, Handle, Library, Operation,
    call::{Call, Output},
    check::wrong,
    clock,
    instance::Running,
    places::Place,
    turn::{Begin, Left},
    watch,
};

/// The most calls that a plugin may leave unanswered before it gets no more.
const ABANDONED_MAX: usize = 256;

/// The wait for an answer. Dropping it gives the call up.
pub(super) struct Waiting<'i> {
    library: &'static Library,
    /// Keeps the instance open, if there is one already.
    running: Option<Running<'i>>,
    /// Until the deadline, once the answer has to be waited for.
    sleep: Option<Pin<Box<Sleep>>>,
    /// `None` once the wait is over.
    place: Option<&'static Place<Operation>>,
}

thread_local! {
    /// The call that this thread is in the middle of bringing to the plugin.
    static HERE: Cell<u64> = const { Cell::new(0) };
    /// The place of this thread's last call, for its next.
    static SPARE: Spare = const { Spare(Cell::new(None)) };
}

/// A place that this thread has and does not use.
struct Spare(Cell<Option<(&'static Library, &'static Place<Operation>)>>);

impl Drop for Spare {
    fn drop(&mut self) {
        if let Some((library, place)) = self.0.take() {
            library.places.give(place);
        }
    }
}

/// Whether the plugin answers before it has returned, on the same thread: then nobody waits yet.
pub(super) fn is_here(number: u64) -> bool {
    HERE.get() == number
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
    #[inline(always)]
    pub(super) fn usable(&self) -> Result<()> {
        if let Some(why) = self.fault.get() {
            let message = format!(
                "the plugin {} {why}, and is not used any more; mend it and restart the server",
                self.name
            );
            return Err(Error::new(ErrorKind::Internal, message));
        }
        if self.threads.is_full() || self.held.load(Ordering::Relaxed) > 0 {
            let message = format!("the plugin {} does not return from its calls", self.name);
            return Err(Error::new(ErrorKind::Unavailable, message));
        }
        let abandoned = self.abandoned.load(Ordering::Relaxed);
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

    /// A free place: if it can be, the one that this thread has used before.
    #[inline(always)]
    pub(super) fn free_place(&'static self) -> Option<&'static Place<Operation>> {
        let spare = SPARE.try_with(|spare| match spare.0.take() {
            Some((library, place)) if ptr::eq(library, self) => Some(place),
            other => {
                spare.0.set(other);
                None
            }
        });
        spare.ok().flatten().or_else(|| self.places.take())
    }

    /// Gives a place back.
    #[inline(always)]
    pub(super) fn give(&'static self, place: &'static Place<Operation>) {
        let before = SPARE.try_with(|spare| spare.0.replace(Some((self, place))));
        match before {
            Ok(None) => (),
            Ok(Some((library, place))) => library.places.give(place),
            Err(_ended) => self.places.give(place),
        }
    }

    /// When a call that begins now must have ended.
    pub(super) fn deadline(&self) -> u64 {
        clock::now().saturating_add(self.call_time)
    }

    /// Begins a call of an instance that is open.
    #[inline(always)]
    pub(super) fn begin<'i>(
        &'static self,
        running: Running<'i>,
        name: &'static str,
        deadline: u64,
        fill: impl FnOnce(&mut Frame),
    ) -> Result<Waiting<'i>> {
        let at = (running.0.handle, Some(&running));
        let mut waiting = self.start(at, name, deadline, Thread::Any, fill)?;
        waiting.running = Some(running);
        Ok(waiting)
    }

    /// Begins a call that keeps nothing open: an opening, or a closing.
    pub(super) fn start_call<'i>(
        &'static self,
        handle: Handle,
        call: Call,
        deadline: u64,
        thread: Thread,
    ) -> Result<Waiting<'i>> {
        let at = (handle, None);
        self.start(at, call.name(), deadline, thread, |frame| frame.fill(call))
    }

    #[inline(always)]
    fn start<'i>(
        &'static self,
        (handle, running): (Handle, Option<&Running<'_>>),
        name: &'static str,
        deadline: u64,
        thread: Thread,
        fill: impl FnOnce(&mut Frame),
    ) -> Result<Waiting<'i>> {
        let flags = self.tables.get().map_or(0, |tables| tables.plugin.flags);
        let elsewhere = thread == Thread::Own || flags & abi::BLOCKING != 0;
        let begin = if elsewhere { Begin::Elsewhere } else { Begin::Here };
        let Some((place, number)) = self.place(handle, deadline, begin, fill) else {
            let message = format!("the plugin {} has too many calls under way", self.name);
            return Err(Error::new(ErrorKind::Unavailable, message));
        };
        if elsewhere {
            // Until the function has returned, and not only until it has answered: it may look at
            // its instance between the two.
            let kept = running.map(Running::kept);
            self.threads.run(move || {
                // Unless nobody waits any more: a write that lands later would surprise.
                if place.turn.run() {
                    self.enter(place, number, name);
                } else {
                    drop(self.clear(place));
                }
                drop(kept);
            });
        } else {
            HERE.set(number);
            let library = self.number.load(Ordering::Relaxed);
            watch::inside(library, || self.enter(place, number, name));
            HERE.set(0);
        }
        Ok(Waiting { library: self, running: None, sleep: None, place: Some(place) })
    }

    /// Goes to the plugin.
    #[inline(always)]
    fn enter(&'static self, place: &'static Place<Operation>, number: u64, name: &str) {
        if !self.invoke(place)
            && let Some(place) = self.answering(number)
        {
            self.end((place, number), Err(Error::unsupported(name)));
        }
    }
}

impl Waiting<'_> {
    /// Nobody waits, and it goes on all the same.
    pub(super) fn detach(mut self) {
        self.leave_behind();
    }

    fn leave_behind(&mut self) {
        let Some(place) = self.place.take() else { return };
        // Counted before: an answer may take it off at once.
        self.library.abandoned.fetch_add(1, Ordering::Relaxed);
        if place.turn.detach() == Left::Answered {
            self.library.abandoned.fetch_sub(1, Ordering::Relaxed);
            drop(self.library.clear(place));
        }
    }

    /// The answer, if it is there.
    #[inline(always)]
    pub(super) fn now(&mut self) -> Option<Result<Output>> {
        let place = self.place.take_if(|place| place.turn.is_answered())?;
        Some(match self.library.clear(place) {
            Some(Ok(output)) => Ok(output),
            Some(Err(error)) => Err(*error),
            None => Err(wrong("it answered nothing")),
        })
    }

    fn unanswered(&self, place: &Place<Operation>) -> Error {
        let (call, plugin) = (&self.library.frame(place).call, &self.library.name);
        let what = "was not answered within the deadline";
        let message = format!("the call {} of the plugin {plugin} {what}", call.name());
        let error = Error::new(ErrorKind::Timeout, message);
        if call.writes() { error.maybe_applied() } else { error }
    }
}

/// The answer, or that it did not come in time.
impl Future for Waiting<'_> {
    type Output = Result<Output>;

    #[inline(always)]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<Output>> {
        // Most answers are there already: those need no timer.
        if let Some(answer) = self.now() {
            return Poll::Ready(answer);
        }
        let Some(place) = self.place else { return Poll::Pending };
        place.waiter.lock().replace(context.waker().clone());
        if place.turn.wait()
            && let Some(answer) = self.now()
        {
            return Poll::Ready(answer);
        }
        let library = self.library;
        let deadline = || Box::pin(clock::sleep_until(library.frame(place).cx.deadline_ns));
        let sleep = self.sleep.get_or_insert_with(deadline);
        sleep.as_mut().poll(context).map(|()| Err(self.unanswered(place)))
    }
}

impl Drop for Waiting<'_> {
    /// Nobody waits any more.
    fn drop(&mut self) {
        // A closing goes on: what has once been told to close gets no second chance.
        if self.place.is_some_and(|place| matches!(self.library.frame(place).call, Call::Close)) {
            return self.leave_behind();
        }
        let Some(place) = self.place.take() else { return };
        let library = self.library;
        // Counted before: an answer may take it off at once.
        library.abandoned.fetch_add(1, Ordering::Relaxed);
        let number = library.frame(place).cx.op_id;
        if let Some(running) = &self.running {
            library.keep(place, running.kept());
        }
        match place.turn.leave() {
            Left::Running => {
                // Nothing may follow a closing, no advice either.
                if let Some(running) = &self.running {
                    library.cancel(running.0.handle, number);
                }
            }
            Left::Queued => {
                library.abandoned.fetch_sub(1, Ordering::Relaxed);
            }
            Left::Answered => {
                library.abandoned.fetch_sub(1, Ordering::Relaxed);
                drop(library.clear(place));
            }
        }
    }
}
