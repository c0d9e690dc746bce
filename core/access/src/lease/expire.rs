//! The ends of leases: what is due, what a backend refused, when it is tried again.

use std::time::Duration;

use jiff::Timestamp;
use logical::{Code, Result, View};

use crate::{
    Leases,
    intent::Budget,
    lease::{
        Holds, Lease, State,
        timers::{LeaseId, Place},
    },
    time::after,
};

/// How often a backend is asked before a lease counts as irrevocable.
pub(crate) const TRIES_MAX: u32 = 6;

/// How long the second try waits; each later one waits twice as long as the one before.
const PAUSE: Duration = Duration::from_secs(10);

/// What an error may take up in the record of a lease, in bytes.
const ERROR_BYTES_MAX: usize = 1024;

/// Whoever works off what is due does this, over and over:
///
/// 1. [`due`](Self::due) takes ids out of the timers;
/// 2. for each, [`expire`](Self::expire) in a transaction of its own, and its commit;
/// 3. if `expire` failed, [`failed`](Self::failed) in a new transaction, and its commit;
/// 4. if a commit failed, [`again`](Self::again);
/// 5. [`sweep`](Self::sweep), each time in a transaction, until there is no more;
/// 6. then it waits for [`next_due`](Self::next_due) or for [`changed`](Self::changed).
impl Leases {
    /// Takes out the leases that have ended, at most so many.
    pub fn due(&self, now: Timestamp, max: usize) -> Vec<LeaseId> {
        self.book.timers.due(now, max)
    }

    /// When the next lease ends.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.book.timers.next()
    }

    /// Waits until there may be something to do earlier than was known.
    pub async fn changed(&self) {
        self.book.timers.changed().await;
    }

    /// Puts a lease back whose end could not be committed.
    pub fn again(&self, id: &LeaseId, at: Timestamp) {
        self.book.timers.set(id, Place::Gone, Place::At(at));
    }

    /// Ends a lease that is due. One that was renewed meanwhile gets its timer back; one that is
    /// gone is left alone.
    pub async fn expire(&self, view: &dyn View, id: &LeaseId, now: Timestamp) -> Result<()> {
        let Some(lease) = self.book.get(view, id).await? else { return Ok(()) };
        if lease.expires > now {
            let (timers, id) = (self.book.timers.clone(), LeaseId::clone(id));
            let place = super::book::place(&lease);
            view.on_commit(Box::new(move || timers.set(&id, Place::Gone, place)));
            return Ok(());
        }
        match &lease.holds {
            Holds::Token => self.end_token(view, (id, &lease), now, &mut Budget::full()).await,
            Holds::Secret(internal) => {
                self.rooms.revoke(view, &lease.path, internal).await?;
                self.book.remove(view, id, &lease)
            }
        }
    }

    /// Notes that a lease could not be ended: it is tried again later, a few times.
    pub async fn failed(
        &self,
        view: &dyn View,
        id: &LeaseId,
        error: &logical::Error,
        now: Timestamp,
    ) -> Result<()> {
        let Some(lease) = self.book.get(view, id).await? else { return Ok(()) };
        if matches!(error.code, Code::Unavailable | Code::Sealed | Code::Standby) {
            // The store or this node was at fault: the backend has not been asked in vain.
            self.retry_after(view, id, after(now, PAUSE));
            return Ok(());
        }
        let tries = match &lease.state {
            State::Forced => return self.book.remove(view, id, &lease),
            State::Live => 1,
            State::Failing { tries, .. } => tries + 1,
            State::Irrevocable { .. } => return Ok(()),
        };
        let error = brief(error);
        let state = match tries < TRIES_MAX {
            true => State::Failing { tries, error },
            false => State::Irrevocable { error },
        };
        let retry = matches!(state, State::Failing { .. });
        self.book.update(view, id, &lease, &Lease { state, ..lease.clone() })?;
        if retry {
            self.retry_after(view, id, after(now, PAUSE * 2u32.saturating_pow(tries - 1)));
        }
        Ok(())
    }

    fn retry_after(&self, view: &dyn View, id: &LeaseId, at: Timestamp) {
        let (timers, id) = (self.book.timers.clone(), LeaseId::clone(id));
        view.on_commit(Box::new(move || timers.set(&id, Place::Gone, Place::At(at))));
    }
}

/// The text of an error as far as it is kept, with its cause: only operators see it.
fn brief(error: &logical::Error) -> String {
    let mut text = match &error.source {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    };
    let end = (0..=ERROR_BYTES_MAX).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
    text.truncate(end);
    text
}
