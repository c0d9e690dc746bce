//! What a connection is doing, so that one that does nothing can be ended.
//!
//! The stream and the requests leave marks that cost a few atomic writes and no look at the
//! clock; whoever supervises the connection looks at them now and then and measures the time.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use config::HttpTimeouts;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The marks of one connection.
#[derive(Debug)]
pub(crate) struct Activity {
    /// Requests that are being answered.
    busy: AtomicU32,
    /// Bytes came since the last answer: the head of a request has begun.
    head_begun: AtomicBool,
    /// The client does not take what it is sent.
    stalled: AtomicBool,
    /// Counts the changes of the above.
    changes: AtomicU64,
}

impl Activity {
    /// The marks of a new connection, which owes its first request.
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            busy: AtomicU32::new(0),
            head_begun: AtomicBool::new(true),
            stalled: AtomicBool::new(false),
            changes: AtomicU64::new(0),
        })
    }

    /// Marks a request until the guard goes.
    pub(crate) fn request(self: &Arc<Self>) -> Request {
        self.busy.fetch_add(1, Ordering::Relaxed);
        self.changed();
        Request(Arc::clone(self))
    }

    fn changed(&self) {
        self.changes.fetch_add(1, Ordering::Relaxed);
    }
}

/// One request that is being answered.
pub(crate) struct Request(Arc<Activity>);

impl Drop for Request {
    fn drop(&mut self) {
        self.0.busy.fetch_sub(1, Ordering::Relaxed);
        self.0.head_begun.store(false, Ordering::Relaxed);
        self.0.changed();
    }
}

/// What is to become of a connection.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Verdict {
    /// Nothing.
    Keep,
    /// It may end when it is between two requests.
    Finish,
    /// It ends now.
    Drop,
}

/// Judges a connection by its marks.
#[derive(Debug)]
pub(crate) struct Watch {
    activity: Arc<Activity>,
    timeouts: HttpTimeouts,
    /// One connection carries many requests at once, so that bytes do not mean the head of one.
    many: bool,
    seen: u64,
    since: Instant,
}

impl Watch {
    pub(crate) fn new(activity: Arc<Activity>, timeouts: HttpTimeouts, many: bool) -> Self {
        Self { activity, timeouts, many, seen: 0, since: Instant::now() }
    }

    /// How often it is worth looking.
    pub(crate) fn interval(&self) -> Duration {
        let HttpTimeouts { read_header, write, idle, .. } = self.timeouts;
        let shortest = [read_header, write, idle].into_iter().flatten().min();
        let quarter = shortest.map_or(Duration::MAX, |limit| limit / 4);
        quarter.clamp(Duration::from_millis(50), Duration::from_secs(5))
    }

    /// Whether no request is being answered, and no answer waits for the client to take it.
    pub(crate) fn owes_nothing(&self) -> bool {
        self.activity.busy.load(Ordering::Relaxed) == 0
            && !self.activity.stalled.load(Ordering::Relaxed)
    }

    pub(crate) fn judge(&mut self, now: Instant) -> Verdict {
        let changes = self.activity.changes.load(Ordering::Relaxed);
        if changes != self.seen {
            (self.seen, self.since) = (changes, now);
            return Verdict::Keep;
        }
        let past = |limit: Option<Duration>| {
            limit.is_some_and(|limit| now.duration_since(self.since) >= limit)
        };
        if self.activity.stalled.load(Ordering::Relaxed) {
            return if past(self.timeouts.write) { Verdict::Drop } else { Verdict::Keep };
        }
        if self.activity.busy.load(Ordering::Relaxed) > 0 {
            return Verdict::Keep;
        }
        if self.activity.head_begun.load(Ordering::Relaxed) && !self.many {
            return if past(self.timeouts.read_header) { Verdict::Drop } else { Verdict::Keep };
        }
        if past(self.timeouts.idle) { Verdict::Finish } else { Verdict::Keep }
    }
}

/// A stream that leaves marks.
pub(crate) struct Watched<S> {
    stream: S,
    activity: Arc<Activity>,
}

impl<S> Watched<S> {
    pub(crate) fn new(stream: S, activity: Arc<Activity>) -> Self {
        Self { stream, activity }
    }

    fn mark_written<T>(&self, written: Poll<T>) -> Poll<T> {
        let stalled = written.is_pending();
        if self.activity.stalled.load(Ordering::Relaxed) != stalled {
            self.activity.stalled.store(stalled, Ordering::Relaxed);
            self.activity.changed();
        }
        written
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        // Only the first bytes count: a client that sends one now and then gains nothing.
        if buffer.filled().len() > before && !self.activity.head_begun.load(Ordering::Relaxed) {
            self.activity.head_begun.store(true, Ordering::Relaxed);
            self.activity.changed();
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.mark_written(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, pieces);
        self.mark_written(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests;
