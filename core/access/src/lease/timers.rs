//! When the leases end: an ordered set in memory, which wakes whoever waits for the next one.
//!
//! A timer is a hint. What it points at is read before anything is done, so a timer too many does
//! no harm; and no timer is missing, because each commit of a lease sets its own.

use std::{collections::BTreeSet, sync::Arc};

use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::sync::Notify;

#[cfg(test)]
mod tests;

/// The id of a lease: the path of its request, and a name.
pub type LeaseId = Arc<str>;

/// The timers of all leases.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    state: Mutex<Set>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Set {
    due: BTreeSet<(Timestamp, LeaseId)>,
    /// Leases found at activation whose records have not been read yet.
    unread: Vec<LeaseId>,
    /// Leases that have no timer any more because they cannot be ended.
    irrevocable: BTreeSet<LeaseId>,
}

/// Where a lease stands in the timers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Place {
    /// It is not there.
    Gone,
    /// It ends at this time.
    At(Timestamp),
    /// It cannot be ended.
    Irrevocable,
}

impl Timers {
    /// Moves a lease from one place to another.
    pub(crate) fn set(&self, id: &LeaseId, old: Place, new: Place) {
        let mut state = self.state.lock();
        match old {
            Place::Gone => {}
            Place::At(time) => drop(state.due.remove(&(time, Arc::clone(id)))),
            Place::Irrevocable => drop(state.irrevocable.remove(id)),
        }
        match new {
            Place::Gone => {}
            Place::At(time) => {
                state.due.insert((time, Arc::clone(id)));
                if state.due.first().is_some_and(|(first, _)| *first == time) {
                    self.changed.notify_one();
                }
            }
            Place::Irrevocable => drop(state.irrevocable.insert(Arc::clone(id))),
        }
    }

    /// Takes out the leases that have ended by now, at most so many.
    pub(crate) fn due(&self, now: Timestamp, max: usize) -> Vec<LeaseId> {
        let mut state = self.state.lock();
        let mut ended = Vec::new();
        while ended.len() < max && state.due.first().is_some_and(|(time, _)| *time <= now) {
            ended.extend(state.due.pop_first().map(|(_, id)| id));
        }
        ended
    }

    /// When the next lease ends.
    pub(crate) fn next(&self) -> Option<Timestamp> {
        self.state.lock().due.first().map(|(time, _)| *time)
    }

    /// Waits until there may be something to do earlier than was known.
    pub(crate) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Wakes whoever waits.
    pub(crate) fn wake(&self) {
        self.changed.notify_one();
    }

    /// Notes a lease whose record is to be read.
    pub(crate) fn add_unread(&self, id: LeaseId) {
        self.state.lock().unread.push(id);
    }

    /// Takes out leases whose records are to be read.
    pub(crate) fn take_unread(&self, max: usize) -> Vec<LeaseId> {
        let mut state = self.state.lock();
        let keep = state.unread.len().saturating_sub(max);
        state.unread.split_off(keep)
    }

    /// Puts leases back whose records could not be read, to be read last.
    pub(crate) fn put_back(&self, ids: impl Iterator<Item = LeaseId>) {
        drop(self.state.lock().unread.splice(0..0, ids));
    }

    /// How many leases end some time.
    pub(crate) fn len(&self) -> usize {
        let state = self.state.lock();
        state.due.len() + state.unread.len()
    }

    /// The leases that cannot be ended.
    pub(crate) fn irrevocable(&self) -> Vec<LeaseId> {
        self.state.lock().irrevocable.iter().cloned().collect()
    }
}
